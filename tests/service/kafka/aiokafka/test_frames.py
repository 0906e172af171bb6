"""Answers come out whole, however the network cuts them, and a connection that breaks or talks nonsense says so."""

import asyncio
import io
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import conn
from hypothesis import given
from hypothesis import strategies as st

from liftstream.service.kafka.aiokafka.frames import (
    LARGEST,
    WORTH_KEEPING,
    FrameReader,
    ResponseBytes,
    decode_in_place,
)
from testbed.examples import examples


class Transport:
    """As much of a transport as the reader asks; what is received is given by the test."""

    aborted = False

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def abort(self) -> None:
        self.aborted = True

    def receive(self, content: bytes, at_most: Sequence[int]) -> None:
        """Writes into the reader's place, as a socket does: as much as came, and as there is room for."""
        sizes = iter(at_most)
        while content:
            place = self.protocol.get_buffer(-1)
            count = min(next(sizes, len(content)), len(place), len(content))
            place[:count] = content[:count]
            content = content[count:]
            self.protocol.buffer_updated(count)


class Inner:
    """Notes what aiokafka's protocol hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def eof_received(self) -> bool:
        self.heard.append("eof")
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self.heard.append("lost")


def reader() -> tuple[FrameReader, Transport, Inner]:
    transport, inner = Transport(), Inner()
    return FrameReader(transport, inner), transport, inner  # type: ignore[arg-type]


async def next_answer(frames: FrameReader) -> bytes:
    """As aiokafka reads one."""
    (size,) = struct.unpack(">i", await frames.readexactly(4))
    return bytes(await frames.readexactly(size))


def framed(answer: bytes) -> bytes:
    return struct.pack(">i", len(answer)) + answer


@given(
    st.lists(
        st.sampled_from([0, 1, 3, 4, 5, 100, WORTH_KEEPING - 1, WORTH_KEEPING, 3 * WORTH_KEEPING]), max_size=6
    ),
    st.lists(st.integers(1, 2 * WORTH_KEEPING), max_size=30),
    st.booleans(),
)
@examples(60)
def test_answers_come_out_whole_however_they_were_cut(
    sizes: list[int], cuts: list[int], at_once: bool
) -> None:
    answers = [bytes([number]) * size for number, size in enumerate(sizes, 1)]

    async def run() -> list[bytes]:
        frames, transport, _ = reader()
        if at_once:
            transport.receive(b"".join(map(framed, answers)), cuts)
            return [await next_answer(frames) for _ in answers]
        found = []
        for answer in answers:
            asked = asyncio.ensure_future(next_answer(frames))
            await asyncio.sleep(0)
            transport.receive(framed(answer), cuts)
            found.append(await asked)
        return found

    assert asyncio.run(run()) == answers


def test_the_place_of_a_backlogs_answers_is_kept_while_they_are_large_and_not_for_ever() -> None:
    async def run() -> list[int]:
        frames, transport, _ = reader()
        kept = []
        for size in (100 * WORTH_KEEPING, 99 * WORTH_KEEPING, *3 * [WORTH_KEEPING]):
            transport.receive(framed(bytes(size)), [])
            assert len(await next_answer(frames)) == size
            await asyncio.sleep(0)
            kept.append(max(len(frames._spare), len(frames._lent)))
        return kept

    _, large, *_, small = asyncio.run(run())
    assert (large, small) == (100 * WORTH_KEEPING, WORTH_KEEPING)


def test_the_place_of_a_large_answer_is_used_again_and_never_while_it_may_be_read() -> None:
    async def run() -> None:
        frames, transport, _ = reader()
        first, second, third = (bytes([number]) * (WORTH_KEEPING + number) for number in (2, 1, 0))
        transport.receive(framed(first), [])
        await frames.readexactly(4)
        held = await frames.readexactly(len(first))
        transport.receive(framed(second), [])
        assert bytes(held) == first  # the second came into another place
        await frames.readexactly(4)  # the first is decoded by now
        transport.receive(framed(third), [])
        assert bytes(await frames.readexactly(len(second))) == second
        await frames.readexactly(4)
        again = await frames.readexactly(len(third))
        assert bytes(again) == third
        assert isinstance(again, memoryview)
        assert isinstance(held, memoryview)
        assert again.obj is held.obj

    asyncio.run(run())


@pytest.mark.parametrize("size", [-1, LARGEST + 1, int.from_bytes(b"HTTP", "big")])
def test_a_length_that_cannot_be_kafkas_ends_the_connection_without_room_made_for_it(size: int) -> None:
    async def run() -> None:
        frames, transport, _ = reader()
        transport.receive(struct.pack(">i", size), [])
        assert transport.aborted
        await frames.readexactly(4)
        with pytest.raises(ConnectionError, match="does not speak Kafka's protocol"):
            await frames.readexactly(size)

    asyncio.run(run())


@pytest.mark.parametrize("broken", [None, ConnectionResetError("reset")])
def test_a_connection_that_ends_within_an_answer_raises_and_aiokafka_hears_of_it(
    broken: Exception | None,
) -> None:
    async def run() -> None:
        frames, transport, inner = reader()
        transport.receive(struct.pack(">i", 10) + b"half", [])
        await frames.readexactly(4)
        asked = asyncio.ensure_future(frames.readexactly(10))
        await asyncio.sleep(0)
        frames.eof_received()
        frames.connection_lost(broken)
        with pytest.raises(ConnectionResetError if broken else asyncio.IncompleteReadError):
            await asked
        assert frames.at_eof()
        assert inner.heard == ["eof", "lost"]

    asyncio.run(run())


@given(st.binary(max_size=40), st.lists(st.integers(0, 50)))
def test_an_answer_is_decoded_from_the_bytes_that_a_stream_of_it_would_give(
    content: bytes, counts: list[int]
) -> None:
    stream, answer = io.BytesIO(content), ResponseBytes(memoryview(content))
    assert [answer.read(count) for count in counts] == [stream.read(count) for count in counts]


def test_aiokafka_decodes_answers_where_they_are_or_says_that_it_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conn, "io", io)
    decode_in_place()
    assert conn.io.BytesIO is ResponseBytes
    monkeypatch.delattr(conn, "io")
    with pytest.raises(RuntimeError, match="aiokafka changed"):
        decode_in_place()
