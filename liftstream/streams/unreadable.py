"""Why a record is `invalid`, and the deviations that are accepted and counted."""

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

from liftstream.streams.definition import Stream

SHOWN: Final = 60
"""Longest value in a detail, in letters."""
DUPLICATED: Final = "duplicated_key"
CONTRADICTION: Final = "contradiction"

FaultKind: TypeAlias = Literal["body", "missing", "type", "value"]
"""A body that cannot be read; a field that is missing, of another type, or has a value that is not accepted."""


class Unreadable(ValueError):
    """A record that is `invalid`; the message is its detail.

    Attributes:
        field: where it is, as a path or name of the definition; empty where the whole body is meant.
        kind: of the fault; of kind `type` are those of a producer that changed what it writes.
    """

    def __init__(self, detail: str, field: str = "", kind: FaultKind = "body") -> None:
        super().__init__(detail)
        self.field, self.kind = field, kind


def unknown(each: str) -> str:
    """The name of the count of keys that a group does not have; `each` is what one of them is called."""
    return f"unknown_{each}"


def oddities(stream: Stream) -> Iterator[str]:
    """The names of the deviations that are accepted and counted in records of a stream."""
    yield DUPLICATED
    if any(feature.opposite for feature in stream.features):
        yield CONTRADICTION
    yield from dict.fromkeys(unknown(group.each) for side in stream.sides for group in side.groups)


def show(value: Any) -> str:
    """A value for a detail, in one line."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a whole number of more than 4300 digits, or a nest
        return "…"
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
