"""The task's own stream in the tests' words: its two sides by name, and what reads their records."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np

from liftstream.contracts.fetch import Fetch
from liftstream.contracts.messages import key_of
from liftstream.contracts.settings import Settings
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from pipeline.records.decoding import Decoder as SideDecoder
from pipeline.records.halves import Decoded
from pipeline.records.words import Vocabulary
from testbed.reference_join import Record

TASK: Final = load_stream(Settings())


class Side(IntEnum):
    """The two topics of the join."""

    DEMOGRAPHIC = 0
    HISTORIC = 1

    @property
    def width(self) -> int:
        """How many features a half of this side has."""
        return len(TASK.sides[self].features)


WIDTHS: Final = tuple(side.width for side in Side)
VALUES: Final = '{"uuid":%d,"age":30,"man":1,"woman":0}', '{"uuid":%d,"products":{"cat1":1}}'


class Decoder(SideDecoder):
    """Of a side by its name."""

    def __init__(self, side: Side, vocabularies: Mapping[str, Vocabulary] | None = None) -> None:
        super().__init__(TASK.sides[side], vocabularies)


def decoders() -> tuple[Decoder, ...]:
    """Of both sides."""
    return tuple(Decoder(side) for side in Side)


def fetch_of(records: Sequence[Record]) -> Fetch:
    """A fetch of records of the reference join."""
    return Fetch(
        np.array([one.offset for one in records]),
        np.array([one.stamp for one in records]),
        [key_of(one.uuid) for one in records],
        [(VALUES[one.side] % one.uuid).encode() for one in records],
    )


def decode(side: Side, values: Sequence[bytes | None]) -> Decoded:
    """A fetch by itself."""
    return Decoder(side).decode(values)


def named(stream: Stream, *topics: str) -> Stream:
    """A stream with other names of its topics."""
    sides = [replace(side, topic=topic) for side, topic in zip(stream.sides, topics, strict=True)]
    return replace(stream, sides=tuple(sides))
