"""Records on their way into the join: what of a fetch is new, and as of when it counts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Fetch, all_fetches
from pipeline.join.offset_tracker import Places
from pipeline.records.halves import Decoded, Halves


class InputBatch(NamedTuple):
    """Records with the number of their partition and the event time that counts, one of each a record."""

    fetch: Fetch
    sources: NDArray[np.int16]
    counted: Places

    def without(self, done: Collection[int]) -> "InputBatch":
        """The same without some offsets."""
        left = ~np.isin(self.fetch.offsets, list(done))
        return InputBatch(self.fetch.where(left), self.sources[left], self.counted[left])


def batch_of(fetch: Fetch, source: int, now_ms: int) -> tuple[InputBatch, int]:
    """A fetch of one partition, and the time up to which it shows that this was read.

    Args:
        fetch: not empty.
        source: the partition's number.
        now_ms: the wall clock. A record from the future counts as of now in everything but matching, and moves time
            only where it comes alone: a single one would otherwise make all others late, those of a backlog too.
    """
    counted = fetch.stamps
    if (newest := int(counted.max())) > now_ms:
        newest = int(max(counted[counted <= now_ms], default=now_ms))
        counted = np.minimum(counted, now_ms)
    return InputBatch(fetch, np.full(len(fetch), source, np.int16), counted), newest


def all_batches(parts: Sequence[InputBatch]) -> InputBatch:
    """Several of one side, one after another."""
    if len(parts) == 1:
        return parts[0]
    fetches, sources, counted = zip(*parts, strict=True)
    return InputBatch(all_fetches(fetches), np.concatenate(sources), np.concatenate(counted))


def halves_of(batch: InputBatch, first_place: int, decoded: Decoded) -> tuple[Halves, NDArray[np.int16]]:
    """The records that say something, and their partitions.

    Args:
        batch: all records.
        first_place: of the first one in the tracker.
        decoded: what they say.
    """
    fetch, count = batch.fetch, len(batch.fetch)
    stamps, places, sources = fetch.stamps, np.arange(first_place, first_place + count), batch.sources
    keys, values = np.fromiter(fetch.keys, object, count), np.fromiter(fetch.values, object, count)
    if len(decoded.indexes) < count:
        kept = np.array(decoded.indexes, np.intp)
        stamps, places, sources = stamps[kept], places[kept], sources[kept]
        keys, values = keys[kept], values[kept]
    return Halves(stamps, places, decoded.rows, keys, values), sources
