"""What the verifier has seen of the pipeline from outside: its answers, its side output, its commits."""

from dataclasses import dataclass, field
from typing import NamedTuple


class RecordPlace(NamedTuple):
    """The place of an input record."""

    side: int
    partition: int
    offset: int


class SeenAnswer(NamedTuple):
    """A prediction on the output topic; `uuid` and `value` are None if it does not have the agreed form."""

    epoch: int
    partition: int
    offset: int
    stamp_ms: int
    uuid: int | None
    value: int | None


class AsideLine(NamedTuple):
    """A line of the side output; `end` is its last byte in its file, or its offset in its topic."""

    place: RecordPlace
    reason: str
    file: str
    end: int


class CommitSample(NamedTuple):
    """What was committed at a moment, and how far the outputs reached a little later.

    Whatever was committed must have been resolved within those.
    """

    committed: dict[tuple[int, int], int]
    epoch: int
    answered: dict[int, int]
    aside: dict[str, int]


class Assignment(NamedTuple):
    """The positions at which a worker began to read, by its log."""

    worker: str
    positions: dict[tuple[int, int], int]


@dataclass
class Observations:
    """Everything that was seen, in order."""

    answers: list[SeenAnswer] = field(default_factory=list)
    aside: list[AsideLine] = field(default_factory=list)
    samples: list[CommitSample] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    rewrites: int = 0
    """How often a worker says that it wrote a batch again after a refusal."""
    torn_lines: int = 0
    """Lines of the side output that are not records, except the last one of a file."""
