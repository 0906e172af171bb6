"""Fetched records as aiokafka's parser makes them, without the object that aiokafka wraps around each.

Its `ConsumerRecord` costs 2 us a record, more than decoding, joining and scoring it together. The parser's own records
have the four columns that we read (offset, timestamp, key, value) under the same names.

With the records of a poll comes how far it has read. That is more than the last record says: transactions end with
control records that no consumer sees, records of an aborted transaction are passed over, and compaction leaves gaps.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher, subscription_state


class PolledRecords(list[Any]):
    """Records of one partition and poll, perhaps none; true where reading went on.

    Attributes:
        begin: the offset at which reading went on.
        end: the offset at which it goes on next.
        was_reset: the broker no longer had, or never had, the offset at which reading was to go on.
    """

    __slots__ = ("begin", "end", "was_reset")

    def __init__(self, records: Any, begin: int, end: int, *, was_reset: bool = False) -> None:
        super().__init__(records)
        self.begin, self.end, self.was_reset = begin, end, was_reset

    def __bool__(self) -> bool:
        return self.end > self.begin


def as_polled(records: Sequence[Any]) -> PolledRecords:
    """The same of records that follow each other without a gap before or behind them."""
    if isinstance(records, PolledRecords):
        return records
    return PolledRecords(records, records[0].offset, records[-1].offset + 1)


class LeanRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's records of a fetch and partition, not wrapped; positions and control batches stay its business."""

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self._records_iterator
        return iterator

    def _consumer_record(self, tp: Any, record: Any) -> Any:  # noqa: ARG002
        return record


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


class AskingFetcher(fetcher.Fetcher):  # type: ignore[misc]
    """aiokafka's fetcher, which notes when it asked for what it was answered."""

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

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, at most so many; an empty list if the fetch is obsolete."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        source = self._partition_records  # type: ignore[has-type]
        begin = source.next_fetch_offset
        state = self._assignment.state_value(self._topic_partition)
        taken = PolledRecords(
            islice(iter(source), max_records), begin, begin, was_reset=getattr(state, "was_reset", False)
        )
        state.was_reset = False
        taken.end = source.next_fetch_offset
        self._update_position()
        if max_records is None or len(taken) < max_records:
            self._partition_records = None
        return taken
