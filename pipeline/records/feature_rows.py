"""Features of halves, one byte each if all are small whole numbers, and the matrix of a batch from them.

Numbers are themselves; texts and dates are the codes of their words (`words.py`); a missing value is NaN. Rows are
bytes as long as most of them fit into bytes; where they do not, all are float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[np.uint8] | NDArray[np.float64]
EXACT_AT_MOST: Final = 8
"""One row in this many may be kept beside the bytes; if more do not fit, all rows are float64."""
FEW: Final = 16
"""Rows that may be kept beside the bytes in any case."""


@dataclass(slots=True)
class FeatureRows:
    """Features of halves of one side, a row each.

    Attributes:
        small: uint8 [rows, features], or float64 where many rows do not fit into bytes.
        exact: of the rows that do not fit into bytes, float64 [features] by row; `small` means nothing there. Empty
            where `small` is float64.
    """

    small: Values
    exact: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.small)

    @property
    def width(self) -> int:
        """How many features there are."""
        return int(self.small.shape[1])

    @property
    def is_wide(self) -> bool:
        """Whether all rows are float64."""
        return self.small.itemsize > 1

    def at(self, indexes: NDArray[Any] | slice) -> "FeatureRows":
        """Some rows, by anything that numpy takes as an index."""
        if not self.exact:
            return FeatureRows(self.small[indexes])
        numbers = np.arange(len(self.small))[indexes].tolist()
        exact = {at: self.exact[number] for at, number in enumerate(numbers) if number in self.exact}
        return FeatureRows(self.small[indexes], exact)

    def put(self, indexes: Sequence[int] | NDArray[Any], rows: "FeatureRows") -> None:
        """Writes rows to these indexes, where none of `exact` are."""
        if rows.is_wide and not self.is_wide:
            self.small, self.exact = self.numbers(), {}
        if self.is_wide:
            self.small[indexes] = rows.numbers() if rows.exact else rows.small
            return
        self.small[indexes] = rows.small
        if rows.exact:
            self.exact |= {int(indexes[number]): row for number, row in rows.exact.items()}

    def forget(self, indexes: Sequence[int] | NDArray[Any]) -> None:
        """Drops the exact rows at these indexes."""
        for number in self.exact.keys() & set(map(int, indexes)):
            del self.exact[number]

    def column(self, column: int, rows: NDArray[Any]) -> NDArray[np.float64]:
        """One feature of some rows."""
        found: NDArray[np.float64] = self.small[rows, column].astype(np.float64)
        if self.exact:
            for at, row in enumerate(rows.tolist()):
                if row in self.exact:
                    found[at] = self.exact[row][column]
        return found

    def set_column(self, column: int, rows: NDArray[Any], values: NDArray[np.float64]) -> None:
        """Replaces one feature of some rows by numbers of the same kind, none larger than before."""
        for at, row in enumerate(rows.tolist() if self.exact else ()):
            if row in self.exact:
                self.exact[row][column] = values[at]
        fits = values if self.is_wide else np.nan_to_num(values).astype(np.uint8)
        self.small[rows, column] = fits

    def numbers(self) -> NDArray[np.float64]:
        """All rows as float64."""
        return matrix(self)


def no_rows(count: int, width: int) -> FeatureRows:
    """Rows of zeros."""
    return FeatureRows(np.zeros((count, width), np.uint8))


def all_rows(parts: Sequence[FeatureRows]) -> FeatureRows:
    """The rows of several batches as one."""
    if any(one.is_wide for one in parts):
        return FeatureRows(np.concatenate([one.numbers() for one in parts]))
    found = FeatureRows(np.concatenate([one.small for one in parts]))
    first = 0
    for one in parts:
        found.exact |= {first + number: row for number, row in one.exact.items()}
        first += len(one)
    return found


def rows_of(values: NDArray[np.float64]) -> FeatureRows:
    """Rows of numbers, as bytes where most fit."""
    with np.errstate(invalid="ignore"):
        small = values.astype(np.uint8)
    fits = (small == values).all(axis=1)
    return _beside(small, np.flatnonzero(~fits).tolist(), values)


def _beside(small: NDArray[np.uint8], odd: Sequence[int], values: NDArray[np.float64]) -> FeatureRows:
    if len(odd) > FEW and len(odd) * EXACT_AT_MOST > len(small):
        return FeatureRows(values)
    return FeatureRows(small, {number: values[number].copy() for number in odd})


def pack(values: Sequence[float]) -> bytes:
    """The values as one byte each, or as float64 where one does not fit.

    Raises:
        OverflowError: a whole number is too large for a float.
    """
    try:
        return bytes(values)  # type: ignore[arg-type]  # floats raise TypeError, which is the question
    except (TypeError, ValueError):
        return np.array([float(value) for value in values]).tobytes()


def unpack(packed: Sequence[bytes], width: int) -> FeatureRows:
    """Rows of what `pack` made, each of `width` values."""
    flat = bytearray().join(packed)
    if len(flat) == width * len(packed):  # a larger row makes it longer, and no row is shorter
        return FeatureRows(np.frombuffer(flat, np.uint8).reshape(-1, width))
    exact = {number: np.frombuffer(row) for number, row in enumerate(packed) if len(row) != width}
    blank = bytes(width)
    small = bytearray().join(blank if number in exact else row for number, row in enumerate(packed))
    return FeatureRows(np.frombuffer(small, np.uint8).reshape(-1, width), exact)


def matrix(*sides: FeatureRows) -> NDArray[np.float64]:
    """The matrix for a model: a row per pair, the columns side after side."""
    result = np.empty((len(sides[0]), sum(rows.width for rows in sides)))
    first = 0
    for rows in sides:
        columns = result[:, first : first + rows.width]
        columns[:] = rows.small
        for number, row in rows.exact.items():
            columns[number] = row
        first += rows.width
    return result
