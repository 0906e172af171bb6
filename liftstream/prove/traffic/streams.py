"""The streams of the proof: the default one, and one with 40 mixed features and UUIDs."""

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np

from liftstream.contracts.features import PRODUCTS
from liftstream.prove.traffic import arithmetic, mixed
from liftstream.prove.traffic.clients import DrawnClients, draw_clients
from liftstream.prove.traffic.poison import odd_halves


class ProvedStream(Protocol):
    """A stream's records, and the right answers. Clients are numbers in the harness, whatever the ids on the wire."""

    @property
    def definition(self) -> str | None:
        """The file of the stream's definition; None for the default one."""

    @property
    def threshold(self) -> int:
        """The score from which the decision is 1."""

    def draw(self, rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
        """Clients, all of the same age if one is given."""

    def odd_halves(self, uuid: int) -> tuple[list[bytes], list[bytes]]:
        """Halves that are read although they are written oddly; the decision for each pair of them is 0."""

    def document(self, *, inverse: bool = False, needs: Sequence[str] = ()) -> str:
        """The model as PMML; `inverse` decides the opposite, `needs` are fields that no topic has."""

    def id_text(self, uuid: int) -> str:
        """The id on the wire."""

    def uuid_of(self, answered: Any) -> int | None:
        """The client that an answer is for; None if the id does not have the agreed form."""


class TaskStream:
    """The task's: age, sex, 110 products, integer ids."""

    definition: Final = None
    threshold: Final = arithmetic.THRESHOLD
    draw = staticmethod(draw_clients)
    odd_halves = staticmethod(odd_halves)
    id_text = staticmethod(str)

    def document(self, *, inverse: bool = False, needs: Sequence[str] = ()) -> str:
        """See `ProvedStream`."""
        return arithmetic.document(inverse=inverse, needs=needs or PRODUCTS)

    def uuid_of(self, answered: Any) -> int | None:
        """See `ProvedStream`."""
        return answered if type(answered) is int else None


class MixedStream:
    """40 features of every type, ten of them texts; ids are UUIDs."""

    definition: Final = mixed.DEFINITION
    threshold: Final = mixed.THRESHOLD
    draw = staticmethod(mixed.draw)
    odd_halves = staticmethod(mixed.odd_halves)
    document = staticmethod(mixed.document)
    id_text = staticmethod(mixed.id_text)

    def uuid_of(self, answered: Any) -> int | None:
        """See `ProvedStream`."""
        try:
            found = UUID(answered)
        except (ValueError, TypeError, AttributeError):
            return None
        return found.int if answered == mixed.id_of_payment(found.int) else None


STREAMS: Final[dict[str, ProvedStream]] = {"silocompro": TaskStream(), "mixed": MixedStream()}
