"""Records on their way into the join: which of a fetch are new, and the time at which they count."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Fetch, all_fetches
from pipeline.join.offset_tracker import Places
from pipeline.records.halves import Decoded, Halves, all_decoded

Decode = Callable[[Sequence[bytes | None], Sequence[bytes | None]], Decoded]
"""What values and keys say."""


class InputBatch(NamedTuple):
    """Records with the number of their partition and the event time that counts, one of each a record.

    Where event times are fields of the records, `fetch` has those in the place of Kafka's timestamps, which are
    `written`, and what the records say was decoded for it.
    """

    fetch: Fetch
    sources: NDArray[np.int16]
    counted: Places
    written: Places | None = None
    decoded: Decoded | None = None

    @property
    def kafka_stamps(self) -> Places:
        """Kafka's timestamps."""
        return self.fetch.stamps if self.written is None else self.written

    def without(self, done: Collection[int], decode: Decode) -> "InputBatch":
        """The same without some offsets."""
        left = ~np.isin(self.fetch.offsets, list(done))
        fetch, written = self.fetch.where(left), None if self.written is None else self.written[left]
        decoded = None if self.decoded is None else decode(fetch.values, fetch.keys)
        return InputBatch(fetch, self.sources[left], self.counted[left], written, decoded)


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


def timed_batch(fetch: Fetch, source: int, now_ms: int, decode: Decode) -> tuple[InputBatch, int]:
    """The same where event times are fields of the records; a record without one counts as its neighbour before it."""
    decoded = decode(fetch.values, fetch.keys)
    assert decoded.stamps is not None  # noqa: S101
    stamps = _filled(decoded.stamps, np.array(decoded.indexes, np.intp), fetch.stamps)
    batch, newest = batch_of(Fetch(fetch.offsets, stamps, fetch.keys, fetch.values), source, now_ms)
    return batch._replace(written=fetch.stamps, decoded=decoded), newest


def _filled(known: Places, at: NDArray[np.intp], written: Places) -> Places:
    """Event times of all records, from those of some; Kafka's where there are none."""
    if not len(at):
        return written
    nearest = np.searchsorted(at, np.arange(len(written)), side="right") - 1
    return known[np.maximum(nearest, 0)]


def all_batches(parts: Sequence[InputBatch]) -> InputBatch:
    """Several of one side, one after another."""
    if len(parts) == 1:
        return parts[0]
    fetches, sources, counted, written, decoded = zip(*parts, strict=True)
    found = InputBatch(all_fetches(fetches), np.concatenate(sources), np.concatenate(counted))
    if written[0] is None:
        return found
    whole = all_decoded(decoded, [len(fetch) for fetch in fetches])
    return found._replace(written=np.concatenate(written), decoded=whole)


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
    written = batch.written
    if len(decoded.indexes) < count:
        kept = np.array(decoded.indexes, np.intp)
        stamps, places, sources = stamps[kept], places[kept], sources[kept]
        keys, values = keys[kept], values[kept]
        written = None if written is None else written[kept]
    return Halves(stamps, places, decoded.rows, keys, values, written), sources
