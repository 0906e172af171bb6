"""The output of the join: pairs to decide, records for the side output, and the counts of both."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Partition
from liftstream.contracts.side_output import REASONS, Reason
from pipeline.join.offset_tracker import Places
from pipeline.records.feature_rows import matrix
from pipeline.records.halves import Halves, all_halves
from pipeline.records.id_columns import Ids


@dataclass(slots=True)
class Pairs:
    """Pairs, column by column.

    `places` are those of their halves, by side; `ready_ms` is the latest half's event time, from which latency counts;
    `written_to` is the partition of the predictions' topic.
    """

    uuids: Ids
    places: tuple[Places, ...]
    ready_ms: Places
    written_to: NDArray[np.int64]
    halves: tuple[Halves, ...]

    def __len__(self) -> int:
        return len(self.uuids)

    def where(self, mask: NDArray[np.bool_]) -> "Pairs":
        """The pairs at which `mask` is true."""
        places = tuple(one[mask] for one in self.places)
        halves = tuple(half.at(mask) for half in self.halves)
        return Pairs(self.uuids[mask], places, self.ready_ms[mask], self.written_to[mask], halves)

    def features(self, first: int, after: int) -> NDArray[np.float64]:
        """Some pairs as the matrix that models see."""
        return matrix(*(half.rows.at(slice(first, after)) for half in self.halves))

    def let_go(self) -> None:
        """Forgets what is not needed any more once the predictions are on their way: nearly all of the memory."""
        self.halves = ()


def all_pairs(first: Pairs | None, second: Pairs | None) -> Pairs | None:
    """Both together."""
    if first is None or second is None:
        return first or second
    halves = tuple(all_halves(both) for both in zip(first.halves, second.halves, strict=True))
    return Pairs(
        np.concatenate([first.uuids, second.uuids]),
        tuple(one.places for one in halves),
        np.concatenate([first.ready_ms, second.ready_ms]),
        np.concatenate([first.written_to, second.written_to]),
        halves,
    )


@dataclass(slots=True)
class Aside:
    """A record on its way to the side output: why, its side and place in the tracker, and what it was in Kafka; `stamp`
    is Kafka's."""

    reason: Reason
    detail: str
    side: int
    place: int
    partition: Partition
    offset: int
    stamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class JoinResults:
    """What became of fetches."""

    read: int = 0
    pairs: Pairs | None = None
    aside: list[Aside] = field(default_factory=list)


@dataclass
class JoinCounts:
    """What happened to every record; `read = sides * joined + put aside + waiting + returned` at any moment.

    `passed_over` were resolved before a restart and are not `read`.
    """

    read: int = 0
    joined: int = 0
    aside: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    returned: int = 0
    passed_over: int = 0
    oddities: Counter[str] = field(default_factory=Counter)
