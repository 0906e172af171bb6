"""Responses of the broker, read directly into their own memory.

aiokafka reads through asyncio's `StreamReader`, which collects what comes in a buffer that grows, cuts each answer out
of it by copying all of it twice, and stops and starts the socket for every 128 KiB: of a backlog that was a fifth of
the worker's whole time. Here a place is made for an answer when its length is known, and the socket writes into it;
aiokafka decodes it from there.
"""

import asyncio
from collections import deque
from types import SimpleNamespace
from typing import Any, Final, cast

from aiokafka import conn

LENGTH: Final = 4
"""Bytes before every answer, which say how long it is."""
LARGEST: Final = 256 * 1024 * 1024
"""An answer that claims more is none of Kafka's: a web server at that address, say."""
WORTH_KEEPING: Final = 64 * 1024
"""From this size on a place is used again: to make one of megabytes takes longer than to fill it."""
TOO_LARGE: Final = 8
"""A place so many times larger than what comes now is let go: it is of a backlog that is read."""


class FrameReader(asyncio.BufferedProtocol):
    """Stands between a transport and aiokafka's own protocol, to which all but the data goes on.

    Args:
        transport: of a connection on which nothing was received yet.
        inner: aiokafka's protocol.
    """

    def __init__(self, transport: asyncio.Transport, inner: Any) -> None:
        self._transport, self._inner = transport, inner
        self._pieces: deque[memoryview] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._eof = False
        self._lent = self._spare = bytearray()
        self._begin(LENGTH, of_length=True)
        transport.set_protocol(self)

    async def readexactly(self, count: int) -> bytes | memoryview:
        """The next length, or the next answer, of which aiokafka asks in turns.

        A large answer may be used until the next call; aiokafka has decoded it by then.

        Raises:
            asyncio.IncompleteReadError: the connection ended before.
            OSError: it broke.
        """
        self._spare, self._lent = max(self._spare, self._lent, key=len), bytearray()
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self._eof:
                raise asyncio.IncompleteReadError(b"", count)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        piece = self._pieces.popleft()
        if len(piece) < WORTH_KEEPING:
            return bytes(piece)
        self._lent = cast(bytearray, piece.obj)
        return piece

    def at_eof(self) -> bool:
        """Whether nothing more can come."""
        return self._eof and not self._pieces

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # the answer's own size is what counts
        """Where the socket writes next."""
        return self._place[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """The socket has written."""
        self._filled += nbytes
        if self._filled < len(self._place):
            return
        piece, size = (
            self._place,
            int.from_bytes(self._place, "big", signed=True) if self._of_length else None,
        )
        self._give(piece)
        if size is None:
            self._begin(LENGTH, of_length=True)
        elif 0 < size <= LARGEST:
            self._begin(size, of_length=False)
        elif size == 0:  # as of an authentication that has no more to say
            self._give(memoryview(b""))
            self._begin(LENGTH, of_length=True)
        else:
            self._refuse(size)

    def eof_received(self) -> bool | None:
        """The broker sends no more."""
        self._end()
        return cast("bool | None", self._inner.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._error = self._error or exc
        self._end()
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """As of aiokafka's protocol."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """As of aiokafka's protocol."""
        self._inner.resume_writing()

    def _begin(self, size: int, *, of_length: bool) -> None:
        if size >= WORTH_KEEPING and len(self._spare) > TOO_LARGE * size:
            self._spare = bytearray()
        if WORTH_KEEPING <= size <= len(self._spare):
            self._place, self._spare = memoryview(self._spare)[:size], bytearray()
        else:
            self._place = memoryview(bytearray(size))
        self._filled, self._of_length = 0, of_length

    def _refuse(self, size: int) -> None:
        self._error = ConnectionError(
            f"an answer of {size} bytes: what listens there does not speak Kafka's protocol"
        )
        self._begin(LENGTH, of_length=False)
        self._transport.abort()

    def _give(self, piece: memoryview) -> None:
        self._pieces.append(piece)
        self._wake()

    def _end(self) -> None:
        self._eof = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class ResponseBytes:
    """An answer as aiokafka decodes it, from its front, some bytes at a time; a `BytesIO` copies all of it first.

    Args:
        content: of the answer.
    """

    def __init__(self, content: bytes | memoryview) -> None:
        self._content, self._at = memoryview(content), 0

    def read(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        first, self._at = self._at, self._at + count
        return self._content[first : self._at].tobytes()


def decode_in_place() -> None:
    """Has aiokafka decode answers where they were received.

    Raises:
        RuntimeError: aiokafka changed, and would go on copying them.
    """
    if not hasattr(conn, "io"):
        raise RuntimeError("aiokafka changed: aiokafka.conn has no io")
    conn.io = SimpleNamespace(BytesIO=ResponseBytes)


class FrameConnection(conn.AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's connection with such a reader."""

    def _create_reader_task(self) -> Any:
        self._reader = FrameReader(self._writer.transport, self._protocol)
        return super()._create_reader_task()
