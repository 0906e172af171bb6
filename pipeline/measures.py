"""What a worker measures in addition to its counts: latency, sizes of fetches, commits, losses."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

LATENCY_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000)
FETCH_SIZES: Final = (1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000)


@dataclass
class Histogram:
    """Counts by upper bounds; a whole batch is added in one pass."""

    bounds: tuple[int, ...]
    total: float = 0.0
    counts: NDArray[np.int64] = field(init=False)
    _edges: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(len(self.bounds) + 1, np.int64)
        self._edges = np.array(self.bounds)

    def add(self, values: NDArray[np.int64]) -> None:
        """Counts every value in the first bound that is not below it; the last place is for those above all."""
        places = self._edges.searchsorted(values, side="left")
        self.counts += np.bincount(places, minlength=len(self.counts))
        self.total += float(values.sum())

    def add_one(self, value: int) -> None:
        """Counts a single value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass
class Measures:
    """See the module. `failure` is what ended a task that must not end so; the frame stops the worker for it."""

    latency_ms: Histogram = field(default_factory=lambda: Histogram(LATENCY_MS))
    fetch_sizes: Histogram = field(default_factory=lambda: Histogram(FETCH_SIZES))
    answers: int = 0
    commits: int = 0
    lost: int = 0
    ahead_ms: dict[str, int] = field(default_factory=dict)
    failure: BaseException | None = None

    def answered(self, latency_ms: NDArray[np.int64]) -> None:
        """Notes predictions that were acknowledged this many ms after their later halves' event times."""
        self.answers += len(latency_ms)
        self.latency_ms.add(latency_ms)
