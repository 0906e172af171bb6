"""The whole join of a worker: its lanes, what all of them have read, and the bound on what may wait.

Lives from one assignment of partitions to the next: on a rebalance everything in flight is dropped and read again from
the commit, by us or by somebody else.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from liftstream.contracts.side_output import REASONS
from pipeline.halves import Fetch, Side
from pipeline.hold_back import HoldBack
from pipeline.lane import Aside, Lane, Pairs, Taken
from pipeline.ledger import Places


class Partition(NamedTuple):
    """A topic's partition, as Kafka's clients name it."""

    topic: str
    partition: int


@dataclass
class Counts:
    """What happened to every record; `read = 2 joined + put aside + waiting + returned` at any moment.

    `passed_over` were resolved before a restart and are not `read`; `repeated` were delivered by Kafka twice.
    """

    read: int = 0
    joined: int = 0
    aside: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    returned: int = 0
    passed_over: int = 0
    oddities: Counter[str] = field(default_factory=Counter)


class Restart(NamedTuple):
    """What is known of a lane when it begins: offsets resolved beyond the commit, or doubt."""

    done: Mapping[Partition, frozenset[int]] = {}
    doubtful: bool = False


class Join:
    """Lanes over the partitions that are assigned.

    Args:
        lanes: the sides of each lane's partitions.
        positions: where reading begins.
        window_ms: of the join.
        max_waiting: halves that may wait, in all lanes together.
        counts: where to count; it outlives assignments.
        restarts: what is known of lanes, in the order of `lanes`.
    """

    def __init__(
        self,
        lanes: Iterable[Mapping[Partition, Side]],
        positions: Mapping[Partition, int],
        window_ms: int,
        max_waiting: int,
        counts: Counts,
        restarts: Iterable[Restart] | None = None,
    ) -> None:
        plan = list(lanes)
        self.counts, self.max_waiting = counts, max_waiting
        self.lanes: list[Lane] = []
        self._where: dict[Partition, tuple[int, int]] = {}
        self.partitions: list[list[Partition]] = []
        for sides, restart in zip(plan, restarts or [Restart()] * len(plan), strict=True):
            self._open_lane(sides, positions, window_ms, restart)
        self._holds = [HoldBack(_hold_above(len(sides), max_waiting // max(1, len(plan)))) for sides in plan]

    def take(self, partition: Partition, fetch: Fetch, now_ms: int) -> Taken:
        """Takes in a fetch; see `Lane.take`."""
        lane, source = self._where[partition]
        taken = self.lanes[lane].take(source, fetch, now_ms)
        self.counts.read += taken.read
        self.counts.passed_over += len(fetch) - taken.read
        self.counts.joined += len(taken.pairs) if taken.pairs else 0
        if taken.oddities:
            self.counts.oddities.update(taken.oddities)
        self._count(taken.aside)
        return taken

    def advance(self, lane: int, quiet_ms: Mapping[Partition, int]) -> list[Aside]:
        """Moves a lane's time; see `Lane.advance`."""
        found = self.lanes[lane].advance(self._by_source(lane, quiet_ms))
        self._count(found)
        return found

    def refuse(self, pairs: Pairs, detail: str) -> list[Aside]:
        """Turns pairs that the model cannot score into two records each to put aside."""
        self.counts.joined -= len(pairs)
        found = pairs.refused(detail)
        self._count(found)
        return found

    def overflow(self) -> list[tuple[int, list[Aside]]]:
        """Where more halves wait than may: the oldest of all lanes, by lane, now out of their tables."""
        excess = self.waiting - self.max_waiting
        if excess <= 0:
            return []
        oldest = sorted(
            (stamp, number, side, uuid, place)
            for number, lane in enumerate(self.lanes)
            for side in Side
            for stamp, uuid, place in zip(*lane.ledgers[side].oldest_waiting(excess), strict=True)
        )
        chosen: dict[tuple[int, Side], tuple[list[int], list[int]]] = {}
        for _, number, side, uuid, place in oldest[:excess]:
            uuids, places = chosen.setdefault((number, side), ([], []))
            uuids.append(uuid)
            places.append(place)
        found = [
            (n, self.lanes[n].overflow(side, uuids, places, self.max_waiting))
            for (n, side), (uuids, places) in chosen.items()
        ]
        for _, aside in found:
            self._count(aside)
        return found

    def held(self, lane: int, at_end: Collection[Partition]) -> frozenset[Partition]:
        """The partitions of a lane that must not be read on for now; see `HoldBack`."""
        names, one = self.partitions[lane], self.lanes[lane]
        ends = {source for source, name in enumerate(names) if name in at_end}
        return frozenset(
            names[source] for source in self._holds[lane].decide(one.waiting, one.time.newest, ends)
        )

    def lane_of(self, partition: Partition) -> int:
        """The number of the lane that a partition belongs to."""
        return self._where[partition][0]

    @property
    def waiting(self) -> int:
        """How many halves wait, in all lanes."""
        return sum(lane.waiting for lane in self.lanes)

    def cuts(self) -> list[dict[Partition, int]]:
        """How far each lane may be committed."""
        return [
            {self.partitions[number][source]: at for source, at in lane.cut().items()}
            for number, lane in enumerate(self.lanes)
        ]

    def resolved_from(self, lane: int, cut: Mapping[Partition, int]) -> dict[Partition, Places]:
        """What a restart from this cut need not do again; see `Lane.resolved_from`."""
        found = self.lanes[lane].resolved_from(self._by_source(lane, cut))
        return {self.partitions[lane][source]: offsets for source, offsets in found.items()}

    def committed(self, lane: int, cut: Mapping[Partition, int]) -> None:
        """The broker has this cut."""
        self.lanes[lane].committed(self._by_source(lane, cut))

    def give_back(self) -> None:
        """The partitions go: what waits will be read again."""
        self.counts.returned += self.waiting
        self.lanes, self._where = [], {}

    def next_of(self, partition: Partition) -> int | None:
        """The offset after the last record taken in; None for a partition that is not ours."""
        if partition not in self._where:
            return None
        lane, source = self._where[partition]
        one = self.lanes[lane]
        return one.ledgers[one.sources[source]].next[source]

    def locate(self, lane: int, aside: Aside) -> tuple[Partition, int]:
        """Partition and offset of a record that is not resolved yet."""
        source, offset = self.lanes[lane].locate(aside)
        return self.partitions[lane][source], offset

    def _open_lane(
        self,
        sides: Mapping[Partition, Side],
        positions: Mapping[Partition, int],
        window_ms: int,
        restart: Restart,
    ) -> None:
        names = list(sides)
        done = {source: restart.done[name] for source, name in enumerate(names) if name in restart.done}
        sources = {source: sides[name] for source, name in enumerate(names)}
        begin = {source: positions[name] for source, name in enumerate(names)}
        self._where.update({name: (len(self.lanes), source) for source, name in enumerate(names)})
        self.partitions.append(names)
        self.lanes.append(Lane(sources, begin, window_ms, done=done, doubtful=restart.doubtful))

    def _by_source(self, lane: int, values: Mapping[Partition, int]) -> dict[int, int]:
        return {source: values[name] for source, name in enumerate(self.partitions[lane]) if name in values}

    def _count(self, aside: Iterable[Aside]) -> None:
        self.counts.aside.update(one.reason for one in aside)


def _hold_above(partitions: int, may_wait: int) -> int:
    """Waiting halves of a lane from which on what is ahead is held back: well before any must go aside."""
    return max(1, min(HOLD_ABOVE * partitions // 2, may_wait // 2))


HOLD_ABOVE = 12_000
"""For two partitions, one of each topic (measured: docs/pipeline.md)."""
