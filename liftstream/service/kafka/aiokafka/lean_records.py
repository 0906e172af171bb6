"""Fetched records as aiokafka's parser makes them, without the object that aiokafka wraps around each.

Its `ConsumerRecord` costs 2 us a record, more than decoding, joining and scoring it together. The parser's own records
have the four columns that we read (offset, timestamp, key, value) under the same names. They become columns batch by
batch: the objects of the next batch take the place of the last ones', which is still in the processor's cache.

With the records of a poll comes how far it has read. That is more than the last record says: transactions end with
control records that no consumer sees, records of an aborted transaction are passed over, and compaction leaves gaps.
"""

import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.errors import CorruptRecordException

from liftstream.contracts.fetch import Fetch, all_fetches

_stamp = attrgetter("timestamp")


class PolledRecord(NamedTuple):
    """A record, under the names that aiokafka uses."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class PolledRecords:
    """Records of one partition and poll, perhaps none; true where reading went on.

    Attributes:
        fetch: the records.
        begin: the offset at which reading went on.
        end: the offset at which it goes on next.
        was_reset: the broker no longer had, or never had, the offset at which reading was to go on.
    """

    fetch: Fetch
    begin: int
    end: int
    was_reset: bool = False

    def __len__(self) -> int:
        return len(self.fetch)

    def __iter__(self) -> Iterator[PolledRecord]:
        """One by one, as other consumers of this process look at them."""
        fetch = self.fetch
        return map(PolledRecord, fetch.offsets.tolist(), fetch.stamps.tolist(), fetch.keys, fetch.values)

    def __bool__(self) -> bool:
        return self.end > self.begin


def fetch_of(records: Sequence[Any]) -> Fetch:
    """Records as the parser makes them, as columns."""
    if not len(records):
        return Fetch(np.array([], np.int64), np.array([], np.int64), [], [])
    count, first, after = len(records), records[0].offset, records[-1].offset + 1
    if after - first == count:
        offsets = np.arange(first, after)
    else:  # transactions and compaction leave holes
        offsets = np.fromiter((record.offset for record in records), np.int64, count)
    stamps = np.fromiter(map(_stamp, records), np.int64, count)
    return Fetch(offsets, stamps, [record.key for record in records], [record.value for record in records])


class LeanRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's records of a fetch and partition, a record batch at a time, not wrapped."""

    _batch: Any = None
    _rest: Iterator[Any] = iter(())
    """Of the batch that is read now, and not to its end: its records that are left."""

    def _unpack_records(self) -> Iterator[Any]:
        """In the place of aiokafka's generator, which would keep each answer of the broker in memory by a circle."""
        return iter(())

    def take(self, most: int) -> Fetch:
        """The next records, at most so many; fewer at the end of the fetch only.

        Raises:
            CorruptRecordException: the bytes of a batch are not those that were written; what is in it is fetched again.
        """
        taken, left = [fetch_of([])], most
        while left and (self._batch is not None or self._open_next()):
            begin = self.next_fetch_offset
            found = self._take_of_batch(left)
            # a batch may begin before what was asked for
            taken.append(found if not len(found) or found.offsets[0] >= begin else found.since(begin))
            left -= len(taken[-1])
        return all_fetches(taken)

    def _take_of_batch(self, most: int) -> Fetch:
        """The next records of the batch that is open, as columns at once: so those of the next batch take their memory."""
        records = list(islice(self._rest, most))
        if len(records) < most:  # a batch may end behind its last record: others were compacted away
            self.next_fetch_offset, self._batch = self._batch.next_offset, None
        else:
            self.next_fetch_offset = max(self.next_fetch_offset, records[-1].offset + 1)
        return fetch_of(records)

    def _open_next(self) -> bool:
        """Goes on with the next batch that is neither a control batch nor rolled back; False at the end of the fetch."""
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(
                    f"a record batch of {self._tp} has another checksum than it says"
                )
            if not (self._is_rolled_back(batch) or batch.is_control_batch):
                # a batch lets itself be iterated only once
                self._batch, self._rest = batch, islice(batch, None)
                return True
            self.next_fetch_offset = batch.next_offset
        return False

    def _is_rolled_back(self, batch: Any) -> bool:
        """Whether a batch is of a transaction that is known to be aborted; takes notice of its end."""
        if self._isolation_level != fetcher.READ_COMMITTED or batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and self._contains_abort_marker(batch):
            self._aborted_producers.discard(batch.producer_id)
        return batch.is_transactional and batch.producer_id in self._aborted_producers


class PartitionState(subscription_state.TopicPartitionState):  # type: ignore[misc]
    """aiokafka's state of a partition, which remembers that the broker did not have the offset that was asked for.

    Attributes:
        was_reset: it did not.
        asked_ms: when the question was sent whose answer came last, in ms since 1970; 0: none has come. What the broker
            got later may be on its way to us in an answer that takes seconds.
    """

    was_reset = False
    asked_ms = 0

    def await_reset(self, strategy: int) -> None:
        """Called where an offset is out of range, and where there is none yet."""
        self.was_reset = self.has_valid_position
        super().await_reset(strategy)


class _Asked(NamedTuple):
    """As much of an assignment as it takes to decide what to ask for, of some of its partitions."""

    tps: Sequence[TopicPartition]
    state_value: Callable[[TopicPartition], Any]


class AskingFetcher(fetcher.Fetcher):  # type: ignore[misc]
    """aiokafka's fetcher, which notes when it asked for what it was answered, and asks for what is wanted next.

    aiokafka asks a broker for nothing, for up to 0.1 s, while records of any of its partitions are not taken. Those of a
    partition that is held back are not taken for long, and what it waits for could not come: so such a partition is left out.
    """

    _wanted: Collection[TopicPartition] | None = None
    """The partitions whose records were asked for last; None: nothing was yet."""

    async def fetched_records(
        self, partitions: Collection[TopicPartition], timeout: float, max_records: int | None
    ) -> dict[TopicPartition, Any]:
        """Records of these partitions."""
        if partitions != self._wanted:
            self._wanted = frozenset(partitions)
            self._notify(self._wait_consume_future)
        found: dict[TopicPartition, Any] = await super().fetched_records(partitions, timeout, max_records)
        return found

    def _get_actions_per_node(self, assignment: Any) -> Any:
        asked = [tp for tp in assignment.tps if self._is_asked(tp, assignment.state_value(tp))]
        return super()._get_actions_per_node(_Asked(asked, assignment.state_value))

    def _is_asked(self, tp: TopicPartition, state: Any) -> bool:
        """Not where records of a partition that is not wanted are here, or known to be on the broker."""
        if self._wanted is None or tp in self._wanted or not state.has_valid_position:
            return True
        return tp not in self._records and state.position >= (state.highwater or 0)

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        asked_ms = int(1000 * time.time())
        found: bool = await super()._proc_fetch_request(assignment, node_id, request)
        for topic, partitions in request.topics if assignment.active else ():
            for partition, *_ in partitions:
                state = assignment.state_value(TopicPartition(topic, partition))
                if (state.timestamp or 0) >= asked_ms:  # else it was not answered
                    state.asked_ms = asked_ms
        return found


class LeanResult(fetcher.FetchResult):  # type: ignore[misc]
    """aiokafka's result of a fetch, which says how far a poll has read even where it brings no record."""

    def getall(self, max_records: int | None = None) -> PolledRecords | list[Any]:
        """The next records, at most so many; an empty list if the fetch is obsolete."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        source = self._partition_records  # type: ignore[has-type]
        begin = source.next_fetch_offset
        state = self._assignment.state_value(self._topic_partition)
        most = sys.maxsize if max_records is None else max_records
        fetch = source.take(most)
        was_reset = getattr(state, "was_reset", False)
        taken = PolledRecords(fetch, begin, source.next_fetch_offset, was_reset)
        state.was_reset = False
        self._update_position()
        if len(taken) < most:
            self._partition_records = None
        return taken
