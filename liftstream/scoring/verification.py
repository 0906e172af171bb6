"""ModelVerification: rows with known results that a document carries, scored and compared.

A number agrees within `precision` relative to the expected one; where that is not beyond `zeroThreshold`, the found one
must not be either. Anything else must be the same text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.scoring.fields.tables import column_name, read_rows
from liftstream.scoring.model import Model
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import BOOLEANS


@dataclass(frozen=True)
class Verification:
    """How a model did on its own verification rows.

    Attributes:
        rows: how many there are.
        fields: the results that were compared.
        disagreements: one sentence for each value that differs.
    """

    rows: int
    fields: tuple[str, ...]
    disagreements: tuple[str, ...]


@dataclass(frozen=True)
class _Expected:
    field: str
    column: str
    precision: float
    zero: float

    def agrees(self, found: Any, expected: str | None) -> bool:
        """Whether a result is the expected one."""
        if found is None or found != found:
            return expected is None or expected.strip().lower() in ("", "nan")
        if expected is None or isinstance(found, bool):
            return expected is not None and BOOLEANS.get(expected.strip().lower()) == found
        try:
            a, b = float(found), float(expected)
        except (TypeError, ValueError):
            return str(found) == expected
        if a == b:
            return True
        if abs(b) <= self.zero:
            return abs(a) <= self.zero
        return abs(a - b) <= self.precision * abs(b)


def verify(model: Model) -> Verification | None:
    """Scores the verification rows of a model; None where it has none."""
    element = model.document.element.first("ModelVerification")
    if element is None:
        return None
    columns = [_read_field(one) for one in element.one("VerificationFields").all("VerificationField")]
    rows = read_rows(element.one("InlineTable"))
    inputs = {
        one.field: np.array([row.get(one.column) for row in rows], dtype=object)
        for one in columns
        if one.field in model.inputs
    }
    if not rows or not inputs:
        return Verification(len(rows), (), ())
    scores = model.score(inputs)
    compared = [one for one in columns if one.field in scores and one.field not in inputs]
    found = [sentence for one in compared for sentence in _compare(one, rows, scores[one.field])]
    return Verification(len(rows), tuple(one.field for one in compared), tuple(found))


def _read_field(element: Element) -> _Expected:
    name = element.need("field")
    column = column_name(element.get("column") or name)
    return _Expected(name, column, element.number("precision", 1e-6), element.number("zeroThreshold", 1e-16))


def _compare(one: _Expected, rows: Sequence[dict[str, str]], values: Any) -> list[str]:
    return [
        f"verification row {number}: {one.field} is {value!r}, expected was {row.get(one.column)!r}"
        for number, (row, value) in enumerate(zip(rows, values.tolist(), strict=True), start=1)
        if not one.agrees(value, row.get(one.column))
    ]
