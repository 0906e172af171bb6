"""Body: limits its length, announced or not, and the time it may take."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from liftstream.service.http.problems import problem

BODY_MOST_BYTES: Final = 65_536
"""For an API of small documents."""
BODY_WITHIN_S: Final = 20.0
BODY_LEAST_BYTES_S: Final = 100_000
"""A body that comes faster than this has as long as it needs."""


class TooLarge(Exception):
    """The body is longer than is read."""


class TooSlow(Exception):
    """The body does not come."""


def refuse_size(request: Request, most_bytes: int) -> Response | None:
    """The refusal of an announced length; None for one that is read."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit():
        return problem(400, "content-length", "not a number")
    return too_large(most_bytes) if int(length) > most_bytes else None


def too_large(most_bytes: int) -> Response:
    """For bodies that are longer than anything we ask for."""
    return problem(413, "body", f"at most {most_bytes:,} bytes are accepted")


def too_slow() -> Response:
    """For bodies of which the rest does not come."""
    return problem(408, "body", "the rest of the body did not come in time; send it again")


def bounded(receive: Receive, most_bytes: int, within_s: float = BODY_WITHIN_S) -> Receive:
    """Counts what comes without a Content-Length.

    Raises (when called):
        TooLarge: more than `most_bytes` came.
        TooSlow: a part came neither within `within_s` of the first call nor at `BODY_LEAST_BYTES_S`.
    """
    seen, is_whole, began = 0, False, asyncio.get_running_loop().time()

    async def counted() -> Message:
        nonlocal seen, is_whole
        until = None if is_whole else began + within_s + seen / BODY_LEAST_BYTES_S
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        seen += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if seen > most_bytes:
            raise TooLarge
        return message

    return counted
