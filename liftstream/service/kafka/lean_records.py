"""Fetched records as aiokafka's parser makes them, without the object that aiokafka wraps around each.

Its `ConsumerRecord` costs 2 us a record, more than decoding, joining and scoring it together. The parser's own records
have the four columns that we read (offset, timestamp, key, value) under the same names.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher


class LeanRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's records of a fetch and partition, not wrapped; positions and control batches stay its business."""

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self._records_iterator
        return iterator

    def _consumer_record(self, tp: Any, record: Any) -> Any:  # noqa: ARG002
        return record
