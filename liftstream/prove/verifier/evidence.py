"""What the verifier has seen of the pipeline from outside: its answers, its side output, its commits."""

from dataclasses import dataclass, field
from typing import NamedTuple


class RecordPlace(NamedTuple):
    """Where an input record stands."""

    side: int
    partition: int
    offset: int


class SeenAnswer(NamedTuple):
    """A prediction on the output topic; `uuid` and `value` are None where it does not have the agreed form."""

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
    """What was committed at a moment, and then, a little later, how far the outputs reached.

    Whatever was committed must have been resolved within those.
    """

    committed: dict[tuple[int, int], int]
    epoch: int
    answered: dict[int, int]
    aside: dict[str, int]


class Assignment(NamedTuple):
    """A worker began to read at these positions, as it says in its log."""

    worker: str
    positions: dict[tuple[int, int], int]


@dataclass
class Observations:
    """All of it, in the order in which it was seen."""

    answers: list[SeenAnswer] = field(default_factory=list)
    aside: list[AsideLine] = field(default_factory=list)
    samples: list[CommitSample] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    rewrites: int = 0
    """How often a worker says that it wrote a batch again after a refusal."""
    torn_lines: int = 0
    """Lines of the side output that are no record, the last of a file apart."""
