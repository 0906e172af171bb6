"""Request bodies of several megabytes: each is read into one piece of memory, and their number at a time is limited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request

AT_ONCE_BYTES: Final = 160_000_000


class NoRoom(Exception):
    """There is no room for another body now."""


class BodyRoom:
    """Limits the bytes of bodies that are held at a time.

    Args:
        most_bytes: of all requests together.
    """

    def __init__(self, most_bytes: int = AT_ONCE_BYTES) -> None:
        self._most, self._taken = most_bytes, 0

    @asynccontextmanager
    async def body_of(self, request: Request) -> AsyncIterator[bytearray]:
        """The body of a request, for as long as the block lasts.

        Raises:
            NoRoom
        """
        body = bytearray()
        try:
            async for chunk in request.stream():
                self._taken += len(chunk)
                body += chunk
                if self._taken > self._most:
                    raise NoRoom
            yield body
        finally:
            self._taken -= len(body)
