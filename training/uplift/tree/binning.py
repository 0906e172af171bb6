"""Features cut into at most 64 ranges, so that every possible split of a node is counted in one pass."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

MOST_BINS: Final = 64
MISSING: Final = 0
"""The code of a missing value; ranges count from 1."""
SAMPLE: Final = 200_000
"""Most rows whose quantiles are edges: more rows do not move the 63 edges visibly."""


@dataclass(frozen=True, eq=False)
class Binned:
    """Rows as codes.

    Attributes:
        codes: one uint8 array per column, `MISSING` or 1 + the range: code c holds edges[c - 2] < value <= edges[c - 1].
        edges: for each column its thresholds, ascending.
    """

    codes: list[Codes]
    edges: list[Floats]

    def take(self, rows: NDArray[np.int64]) -> "Binned":
        """Some of the rows, with the same edges."""
        return Binned([codes[rows] for codes in self.codes], self.edges)


def edges_of(values: Floats) -> Floats:
    """Thresholds between the values: halfway between neighbours, or where there are many of them between quantiles."""
    some = values[:: max(1, len(values) // SAMPLE)]
    known = np.unique(some[np.isfinite(some)])
    if len(known) > MOST_BINS:
        finite = some[np.isfinite(some)]
        cut = np.quantile(finite, np.linspace(0, 1, MOST_BINS + 1)[1:-1], method="inverted_cdf")
        place = np.unique(np.searchsorted(known, cut))
        place = place[place < len(known) - 1]
        return np.unique(_between(known[place], known[place + 1]))
    return _between(known[:-1], known[1:])


def _between(low: Floats, high: Floats) -> Floats:
    middle = low + (high - low) / 2
    return np.where(middle < high, middle, low)  # of two neighbouring doubles the middle is one of them


def cut(columns: list[Floats]) -> Binned:
    """The codes of columns."""
    found = [edges_of(column) for column in columns]
    return Binned([_codes(column, at) for column, at in zip(columns, found, strict=True)], found)


def _codes(column: Floats, edges: Floats) -> Codes:
    codes = (np.searchsorted(edges, column, side="left") + 1).astype(np.uint8)
    codes[~np.isfinite(column)] = MISSING
    return codes
