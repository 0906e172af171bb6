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


def read_lean() -> None:
    """From now on aiokafka's consumers in this process give such records.

    Raises:
        RuntimeError: aiokafka changed, and would go on without them.
    """
    if not hasattr(fetcher.PartitionRecords, "_consumer_record"):
        raise RuntimeError("aiokafka changed: its records cannot be read without their wrapping")
    fetcher.PartitionRecords = LeanRecords
