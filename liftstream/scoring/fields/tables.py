"""Rows that a document carries: InlineTable, Array, Matrix."""

import re
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.xml.element import Element

ARRAYS: Final = ("Array", "REAL-SparseArray", "INT-SparseArray")
TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def read_rows(table: Element) -> list[dict[str, str]]:
    """The rows of an InlineTable, column -> text as it is written, blanks too; cells may be of any namespace."""
    return [
        {cell.tag.lstrip(":"): cell.text for cell in row.children}
        for row in table.children
        if row.tag.lstrip(":") == "row"
    ]


def read_instances(element: Element) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows of TrainingInstances, and the column of each of their fields."""
    listed = element.one("InstanceFields").all("InstanceField")
    columns = {one.need("field"): column_name(one.get("column") or one.need("field")) for one in listed}
    return read_rows(element.one("InlineTable")), columns


def column_name(text: str) -> str:
    """The name of a table's column as its cells have it: without the prefix of a namespace."""
    return text.rpartition(":")[2]


def read_tokens(array: Element) -> list[str]:
    """The entries of an Array: parted by blanks, quoted where they hold some; a quotation mark in one is `\\"`."""
    tokens = [(bare or quoted).replace('\\"', '"') for quoted, bare in TOKEN.findall(array.text)]
    if array.get("n") is not None and array.whole("n") != len(tokens):
        raise array.refusal(f"says n={array.need('n')[:20]} and holds {len(tokens)} entries")
    return tokens


def read_numbers(array: Element) -> Floats:
    """The entries of a numeric Array or of a sparse one."""
    if array.tag in ARRAYS[1:]:
        return _read_sparse(array)
    return np.array([array.parse_number(token, "entry") for token in read_tokens(array)], dtype=np.float64)


def _read_sparse(array: Element) -> Floats:
    kind = array.tag.split("-")[0]
    indices, entries = array.first("Indices"), array.first(f"{kind}-Entries")
    at = [] if indices is None else [int(array.parse_number(t, "index")) for t in indices.text.split()]
    values = [] if entries is None else [array.parse_number(t, "entry") for t in entries.text.split()]
    size = array.whole("n", max(at, default=0))
    if len(at) != len(values) or any(not 1 <= i <= size for i in at) or size > 10_000_000:
        raise array.refusal(f"has {len(at)} indices for {len(values)} entries among {size}")
    result = np.full(size, array.number("defaultValue", 0.0))
    result[np.array(at, dtype=np.intp) - 1] = values
    return result
