"""Matrix: rows of numbers, or its diagonal, or cells one by one."""

from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.fields.tables import read_numbers
from liftstream.scoring.xml.element import Element

KINDS: Final = ("any", "symmetric", "diagonal")
MOST_ENTRIES: Final = 10_000_000


def read_matrix(element: Element) -> Floats:
    """A Matrix in full, [rows, columns].

    Raises:
        ModelRefused: rows of different lengths, cells outside, or more than ten million entries.
    """
    element.only("Array", "MatCell")
    kind = element.choice("kind", KINDS, "any")
    arrays = [read_numbers(one) for one in element.all("Array")]
    if not arrays:
        return _from_cells(element, kind)
    if kind == "diagonal":
        return np.diag(arrays[0])
    if kind == "symmetric" and all(len(row) == at + 1 for at, row in enumerate(arrays)):
        lower = np.zeros((len(arrays), len(arrays)))
        for at, row in enumerate(arrays):
            lower[at, : at + 1] = row
        return lower + np.tril(lower, -1).T
    if len({len(row) for row in arrays}) != 1:
        raise element.refusal("has rows of different lengths")
    return np.stack(arrays)


def _from_cells(element: Element, kind: str) -> Floats:
    cells = [
        (one.whole("row"), one.whole("col"), one.parse_number(one.text, "entry"))
        for one in element.all("MatCell")
    ]
    rows = element.whole("nbRows", max((row for row, _, _ in cells), default=0))
    columns = element.whole("nbCols", max((column for _, column, _ in cells), default=0))
    if not 0 <= rows * columns <= MOST_ENTRIES:
        raise element.refusal(f"has {rows} rows and {columns} columns; accepted: ten million entries")
    outside = element.number("offDiagDefault", 0.0)
    matrix = np.full((rows, columns), outside)
    np.fill_diagonal(matrix, element.number("diagDefault", outside))
    for row, column, value in cells:
        if not (1 <= row <= rows and 1 <= column <= columns):
            raise element.refusal(
                f"has a cell at {row}, {column}, outside of {rows} rows and {columns} columns"
            )
        matrix[row - 1, column - 1] = value
        if kind == "symmetric" and column <= rows and row <= columns:
            matrix[column - 1, row - 1] = value
    return matrix
