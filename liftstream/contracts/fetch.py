"""Records as a consumer brings them: by partition, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Partition(NamedTuple):
    """A topic's partition, as Kafka's clients name it."""

    topic: str
    partition: int


class Raw(NamedTuple):
    """A record as it came."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes | None


@dataclass(slots=True)
class Fetch:
    """Records in the order of their offsets, column by column."""

    offsets: NDArray[np.int64]
    stamps: NDArray[np.int64]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]

    def __len__(self) -> int:
        return len(self.offsets)

    def since(self, offset: int) -> "Fetch":
        """The records from `offset` on."""
        first = int(np.searchsorted(self.offsets, offset))
        return Fetch(self.offsets[first:], self.stamps[first:], self.keys[first:], self.values[first:])

    def where(self, mask: NDArray[np.bool_]) -> "Fetch":
        """The records at which `mask` is true."""
        chosen = mask.tolist()
        keys, values = list(compress(self.keys, chosen)), list(compress(self.values, chosen))
        return Fetch(self.offsets[mask], self.stamps[mask], keys, values)


def all_fetches(fetches: Sequence[Fetch]) -> Fetch:
    """Records of several partitions one after another."""
    if len(fetches) == 1:
        return fetches[0]
    return Fetch(
        np.concatenate([one.offsets for one in fetches]),
        np.concatenate([one.stamps for one in fetches]),
        list(chain.from_iterable(one.keys for one in fetches)),
        list(chain.from_iterable(one.values for one in fetches)),
    )
