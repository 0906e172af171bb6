"""Features of a half as bytes, a byte each where all are small whole numbers, and the matrix of a batch from them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import DEMOGRAPHIC, FEATURES, PRODUCTS

WIDTHS = len(DEMOGRAPHIC), len(PRODUCTS)
if FEATURES != DEMOGRAPHIC + PRODUCTS:
    raise ImportError("the matrix is built from two blocks of columns: demographic features, then products")


def pack(values: Sequence[float]) -> bytes:
    """The values as one byte each, or as float64 where one does not fit.

    Raises:
        OverflowError: a whole number is too large for a float.
    """
    try:
        return bytes(values)  # type: ignore[arg-type]  # floats raise TypeError, which is the question
    except (TypeError, ValueError):
        return np.array([float(value) for value in values]).tobytes()


def matrix(demographic: Sequence[bytes], historic: Sequence[bytes]) -> NDArray[np.float64]:
    """Packed halves as a matrix: a row a pair, columns in the order of `contracts.features.FEATURES`."""
    result = np.empty((len(historic), len(FEATURES)))
    _unpack(demographic, result[:, : WIDTHS[0]])
    _unpack(historic, result[:, WIDTHS[0] :])
    return result


def _unpack(rows: Sequence[bytes], columns: NDArray[np.float64]) -> None:
    width = columns.shape[1]
    flat = b"".join(rows)
    if len(flat) == columns.size and all(len(row) == width for row in rows):
        columns[:] = np.frombuffer(flat, np.uint8).reshape(-1, width)
        return
    for index, row in enumerate(rows):
        columns[index] = np.frombuffer(row, np.uint8 if len(row) == width else np.float64)
