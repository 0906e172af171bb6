"""Size: how long a request's body may be, whether its length is announced or not."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from liftstream.service.http.problems import problem

BODY_MOST_BYTES: Final = 65_536
"""For an API of small documents."""


class TooLarge(Exception):
    """The body is longer than is read."""


def refuse_size(request: Request, most_bytes: int) -> Response | None:
    """The refusal of an announced length; None for one that is read."""
    length = request.headers.get("content-length", "0")
    if not length.isdigit():
        return problem(400, "content-length", "not a number")
    return too_large(most_bytes) if int(length) > most_bytes else None


def too_large(most_bytes: int) -> Response:
    """For bodies that are longer than anything we ask for."""
    return problem(413, "body", f"at most {most_bytes:,} bytes are accepted")


def bounded(receive: Receive, most_bytes: int) -> Receive:
    """Counts what comes without a Content-Length; raises `TooLarge` past the limit."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise TooLarge
        return message

    return counted
