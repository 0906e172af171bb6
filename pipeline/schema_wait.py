"""Waits for a schema registry: records whose schema is not known yet cannot be read, so nothing is decided
without it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from liftstream.contracts.errors import RegistryError
from liftstream.streams.formats.decoding import WireDecoder

AGAIN_S: Final = 1.0
"""Pause between two attempts to ask the registry."""

log = structlog.get_logger()


class SchemaWait:
    """See the module.

    Attributes:
        trouble: why records wait now.
    """

    def __init__(self) -> None:
        self.trouble: str | None = None

    async def learn(
        self, wire: WireDecoder | None, values: Sequence[bytes | None], is_over: Callable[[], bool]
    ) -> None:
        """Waits until the schemas of all these records are known, or `is_over`.

        Args:
            wire: decodes them; None: they have no schemas.
            values: of the records.
            is_over: whether the partition was given back meanwhile.
        """
        if wire is None:
            return
        while (missing := wire.unlearned(values)) and not is_over():
            try:
                await asyncio.to_thread(wire.learn, missing)
            except RegistryError as error:
                if self.trouble is None:
                    log.error("no answer from the schema registry", why=str(error))
                self.trouble = f"schema registry: {error}"
                await asyncio.sleep(AGAIN_S)
        if self.trouble is not None:
            log.info("the schema registry answers")
        self.trouble = None
