"""Feedback from Kafka: impressions and outcomes. Other programs write these topics, so nothing is trusted."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from liftstream.contracts.messages import PRINTABLE
from liftstream.platform.ingest.incoming import read_record

COUNT_MOST: Final = 10_000
VALUE_MOST: Final = 1e9

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]


class ImpressionRecord(msgspec.Struct):
    """A record of `topic_impression`: the block was shown `count` times."""

    event: Text
    decision: Text
    unit: Text | int
    count: Annotated[int, Meta(ge=1, le=COUNT_MOST)] = 1


class OutcomeRecord(msgspec.Struct):
    """A record of `topic_outcome`: something happened after an impression."""

    event: Text
    unit: Text | int
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=PRINTABLE)]
    decision: Annotated[str, Meta(max_length=200, pattern=PRINTABLE)] = ""
    """Empty for an outcome of an experiment that no bandit decided."""
    value: Annotated[float, Meta(ge=-VALUE_MOST, le=VALUE_MOST)] = 1.0


DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "impression": msgspec.json.Decoder(ImpressionRecord),
    "outcome": msgspec.json.Decoder(OutcomeRecord),
}


def read_feedback(kind: str, value: bytes | None) -> ImpressionRecord | OutcomeRecord:
    """The record that a value holds.

    Raises:
        ValueError: it cannot be used; the message says why.
    """
    record: ImpressionRecord | OutcomeRecord = read_record(value, DECODERS[kind].decode)
    return record
