"""How far partitions are read and resolved, and so how far each may be committed."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from liftstream.contracts.fetch import Partition
from pipeline.join.batches import Decode, InputBatch
from pipeline.join.offset_tracker import NEVER, OffsetTracker
from pipeline.join.partition_group import Restart
from pipeline.join.results import Aside, Pairs
from pipeline.join.runs import Runs, with_offsets
from pipeline.join.sources import Sources


class CommitPositions:
    """Of all partitions of an assignment.

    Args:
        sources: the partitions.
        sides: how many.
        positions: where reading begins.
        restarts: what is known of groups.
        id_column: what numpy keeps ids in.

    Attributes:
        trackers: of each side.
    """

    def __init__(
        self,
        sources: Sources,
        sides: int,
        positions: Mapping[Partition, int],
        restarts: Iterable[Restart],
        id_column: type,
    ) -> None:
        self._sources = sources
        self.trackers = tuple(OffsetTracker(len(sources), id_column) for _ in range(sides))
        self._next = sources.numbered(positions)
        self._done = {
            sources.number_of[name]: offsets for restart in restarts for name, offsets in restart.done.items()
        }

    def read(self, source: int, batch: InputBatch, decode: Decode) -> InputBatch:
        """Notes that a fetch of a partition was read; its records without those that were resolved before a restart."""
        self._next[source] = int(batch.fetch.offsets[-1]) + 1
        done = self._done.get(source)
        return batch.without(done, decode) if done else batch

    def reach(self, partition: Partition, offset: int) -> None:
        """Notes that a partition was read up to an offset: what is between it and the last record is no record of anybody."""
        source = self._sources.number_of.get(partition)
        if source is not None:
            self._next[source] = max(self._next[source], offset)

    def next_of(self, partition: Partition) -> int | None:
        """The offset after the last record read; None for a partition that is not ours."""
        source = self._sources.number_of.get(partition)
        return None if source is None else self._next[source]

    def resolve_pairs(self, pairs: Pairs) -> None:
        """The predictions of these pairs are acknowledged."""
        for tracker, places in zip(self.trackers, pairs.places, strict=True):
            tracker.resolve(places)

    def resolve_aside(self, aside: Sequence[Aside]) -> None:
        """These records are in the side output for good."""
        for side, tracker in enumerate(self.trackers):
            places = [one.place for one in aside if one.side == side]
            tracker.resolve(np.array(places, np.int64))

    def to_commit(self, window_ms: int) -> list[dict[Partition, int]]:
        """How far each group may be committed: on every side what is resolved and more than a window older than the
        group's oldest unresolved half; everything where there is none. To commit one side only would strand the other
        halves for good."""
        oldest = np.minimum.reduce([tracker.oldest_unresolved() for tracker in self.trackers])
        before = np.full(len(self._sources), NEVER)
        for group in self._sources.groups:
            rows = slice(group.start, group.stop)
            if (first := oldest[rows].min()) != NEVER:
                before[rows] = first - window_ms
        commit = dict(self._next)
        for tracker in self.trackers:
            commit |= tracker.blocked(before)
        return self._sources.by_group(self._sources.named(commit))

    def resolved_from(self, commit: Mapping[Partition, int]) -> dict[Partition, Runs]:
        """Offsets from the commit positions on that are resolved all the same: what a restart need not do again."""
        begins = self._sources.numbered(commit)
        by_side = [tracker.resolved_from(begins) for tracker in self.trackers]
        found = {}
        for source, at in begins.items():
            runs = by_side[self._sources.sides[source]][source]
            done = [offset for offset in self._done.get(source, ()) if offset >= at]
            found[self._sources.names[source]] = with_offsets(runs, done) if done else runs
        return found

    def committed(self, commit: Mapping[Partition, int]) -> None:
        """The broker has these offsets: what is before them need not be remembered."""
        for tracker in self.trackers:
            tracker.forget_before(self._sources.numbered(commit))
