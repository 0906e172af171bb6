"""Bodies share a room: one that finds none left is refused, and gives back what it had taken."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request

from liftstream.spend.http.body import BodyRoom, NoRoom


def request(*parts: bytes) -> Request:
    """A request whose body comes in parts."""
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in parts]
    left = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, object]:
        return next(left)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def read(
    room: BodyRoom, *parts: bytes, meanwhile: Callable[[], Awaitable[object]] | None = None
) -> bytes:
    async with room.body_of(request(*parts)) as body:
        if meanwhile is not None:
            await meanwhile()
        return bytes(body)


def test_bodies_that_are_held_at_a_time_share_the_room() -> None:
    async def play() -> None:
        room = BodyRoom(10)

        async def one_more() -> None:
            assert await read(room, b"abcd") == b"abcd"
            for _ in range(3):  # what was refused holds nothing
                with pytest.raises(NoRoom):
                    await read(room, b"abc", b"de")

        assert await read(room, b"123", b"456", meanwhile=one_more) == b"123456"
        assert await read(room, b"0123456789") == b"0123456789"

    asyncio.run(play())
