"""Features of halves, a byte each where all are small whole numbers, and the matrix of a batch from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import DEMOGRAPHIC, FEATURES, PRODUCTS

WIDTHS = len(DEMOGRAPHIC), len(PRODUCTS)
if FEATURES != DEMOGRAPHIC + PRODUCTS:
    raise ImportError("the matrix is built from two blocks of columns: demographic features, then products")


@dataclass(slots=True)
class FeatureRows:
    """Features of halves of one side, a row each.

    Attributes:
        small: uint8 [rows, features].
        exact: of the rows that do not fit into bytes, float64 [features] by row; `small` means nothing there.
    """

    small: NDArray[np.uint8]
    exact: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.small)

    def at(self, indexes: NDArray[Any] | slice) -> "FeatureRows":
        """Some rows, by anything that numpy takes as an index."""
        if not self.exact:
            return FeatureRows(self.small[indexes])
        numbers = np.arange(len(self.small))[indexes].tolist()
        exact = {at: self.exact[number] for at, number in enumerate(numbers) if number in self.exact}
        return FeatureRows(self.small[indexes], exact)

    def put(self, indexes: Sequence[int] | NDArray[Any], rows: "FeatureRows") -> None:
        """Writes rows to these indexes, where none of `exact` are."""
        self.small[indexes] = rows.small
        if rows.exact:
            self.exact |= {int(indexes[number]): row for number, row in rows.exact.items()}

    def forget(self, indexes: Sequence[int] | NDArray[Any]) -> None:
        """Lets go of what does not fit into bytes at these indexes."""
        for number in self.exact.keys() & set(map(int, indexes)):
            del self.exact[number]


def all_rows(parts: Sequence[FeatureRows]) -> FeatureRows:
    """Several one after another."""
    found = FeatureRows(np.concatenate([one.small for one in parts]))
    first = 0
    for one in parts:
        found.exact |= {first + number: row for number, row in one.exact.items()}
        first += len(one)
    return found


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


def matrix(demographic: FeatureRows, historic: FeatureRows) -> NDArray[np.float64]:
    """What models see: a row a pair, columns in the order of `contracts.features.FEATURES`."""
    result = np.empty((len(historic), len(FEATURES)))
    for rows, columns in (
        (demographic, result[:, : WIDTHS[0]]),
        (historic, result[:, WIDTHS[0] :]),
    ):
        columns[:] = rows.small
        for number, row in rows.exact.items():
            columns[number] = row
    return result
