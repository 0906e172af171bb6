"""Predictions as bytes: `{"uuid": 404180, "value": 1, "token": "..."}`, keyed by the uuid as text."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

KeyedPrediction: TypeAlias = tuple[bytes, bytes]
"""Key and value."""


class PredictionForm:
    """Writes predictions with one token; the same uuid and value always give the same bytes.

    Args:
        token: names the candidate to the A/B platform.
    """

    def __init__(self, token: str) -> None:
        quoted = msgspec.json.encode(token)
        self._ends = [b',"value":%d,"token":%b}' % (value, quoted) for value in (0, 1)]

    def fill(self, uuids: Iterable[int], values: Iterable[int]) -> list[KeyedPrediction]:
        """Key and value of each prediction."""
        ends, keys = self._ends, [b"%d" % uuid for uuid in uuids]
        return [(key, b'{"uuid":' + key + ends[value]) for key, value in zip(keys, values, strict=True)]


def by_partition(
    records: Sequence[KeyedPrediction], written_to: NDArray[np.int64]
) -> dict[int, Sequence[KeyedPrediction]]:
    """Predictions by the partition that each goes to, in their order."""
    first = int(written_to[0])
    if (written_to == first).all():
        return {first: records}
    found: dict[int, list[KeyedPrediction]] = {}
    for partition, record in zip(written_to.tolist(), records, strict=True):
        found.setdefault(partition, []).append(record)
    return dict(found)
