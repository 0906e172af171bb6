"""How far partitions are read and resolved, and so how far each may be committed."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from liftstream.contracts.fetch import Partition
from pipeline.join.batches import Arrival
from pipeline.join.halves import Side
from pipeline.join.offset_tracker import NEVER, Ledger, Places
from pipeline.join.partition_group import Restart
from pipeline.join.results import Aside, Pairs
from pipeline.join.sources import Sources


class Progress:
    """Of all partitions of an assignment.

    Args:
        sources: the partitions.
        positions: where reading begins.
        restarts: what is known of lanes.

    Attributes:
        ledgers: of each side.
    """

    def __init__(
        self, sources: Sources, positions: Mapping[Partition, int], restarts: Iterable[Restart]
    ) -> None:
        self._sources = sources
        self.ledgers = Ledger(len(sources)), Ledger(len(sources))
        self._next = sources.numbered(positions)
        self._done = {
            sources.number_of[name]: offsets for restart in restarts for name, offsets in restart.done.items()
        }

    def read(self, source: int, arrival: Arrival) -> Arrival:
        """Notes that a fetch of a partition was read; its records without those that were resolved before a restart."""
        self._next[source] = int(arrival.fetch.offsets[-1]) + 1
        done = self._done.get(source)
        return arrival.without(done) if done else arrival

    def next_of(self, partition: Partition) -> int | None:
        """The offset after the last record read; None for a partition that is not ours."""
        source = self._sources.number_of.get(partition)
        return None if source is None else self._next[source]

    def resolve_pairs(self, pairs: Pairs) -> None:
        """The predictions of these pairs are acknowledged."""
        for ledger, places in zip(self.ledgers, pairs.places, strict=True):
            ledger.resolve(places)

    def resolve_aside(self, aside: Sequence[Aside]) -> None:
        """These records are in the side output for good."""
        for side in Side:
            places = [one.place for one in aside if one.side is side]
            self.ledgers[side].resolve(np.array(places, np.int64))

    def cuts(self, window_ms: int) -> list[dict[Partition, int]]:
        """How far each lane may be committed: on both sides what is resolved and more than a window older than the lane's
        oldest unresolved half; everything where there is none. To cut one side only would strand the other half for good."""
        oldest = np.minimum(*(ledger.oldest_unresolved() for ledger in self.ledgers))
        before = np.full(len(self._sources), NEVER)
        for lane in self._sources.lanes:
            rows = slice(lane.start, lane.stop)
            if (first := oldest[rows].min()) != NEVER:
                before[rows] = first - window_ms
        cut = self._next | self.ledgers[0].blocked(before) | self.ledgers[1].blocked(before)
        return [self._sources.named({source: cut[source] for source in lane}) for lane in self._sources.lanes]

    def resolved_from(self, cut: Mapping[Partition, int]) -> dict[Partition, Places]:
        """Offsets from a cut on that are resolved all the same: what a restart need not do again."""
        begins = self._sources.numbered(cut)
        by_side = [ledger.resolved_from(begins) for ledger in self.ledgers]
        found = {}
        for source, at in begins.items():
            name, offsets = self._sources.names[source], by_side[self._sources.sides[source]][source]
            done = [offset for offset in self._done.get(source, ()) if offset >= at]
            found[name] = np.union1d(offsets, np.array(done, np.int64)) if done else offsets
        return found

    def committed(self, cut: Mapping[Partition, int]) -> None:
        """The broker has these offsets: what is before them need not be remembered."""
        for ledger in self.ledgers:
            ledger.forget_before(self._sources.numbered(cut))
