"""Encodes the columns of a table for the tree: numbers as they are, texts as one 0/1 column for each frequent value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Table = Mapping[str, NDArray[Any]]
"""float64 with NaN for missing, or objects: texts with None for missing."""
Say = Callable[[str], None]
"""Prints a notice for the user."""

MOST_VALUES: Final = 50
LEAST_SHARE: Final = 0.005
"""Smallest share of rows for a text that gets its own column."""
IDENTIFIER_ROWS: Final = 100
"""Fewest rows from which a column of different whole numbers is taken for an identifier."""


@dataclass(frozen=True)
class Field:
    """A column of the table that the model asks for.

    Attributes:
        name: of the column.
        values: the texts that have a column of their own, the most frequent first; empty for numbers.
        low, high: of the numbers that were seen.
    """

    name: str
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    is_flag: bool = False
    """Whether the field had only 0 and 1."""


@dataclass(frozen=True)
class Column:
    """A column of the matrix: a field's number, or whether its text is `value`; a flag is 0 or 1."""

    field: str
    value: str | None = None
    is_flag: bool = False

    @property
    def title(self) -> str:
        """The column's name for people."""
        return self.field if self.value is None else f"{self.field} = {self.value}"


def learn_fields(table: Table, say: Say) -> list[Field]:
    """The fields that can tell clients apart.

    Args:
        table: the rows to learn from.
        say: is told what is left out, and why.
    """
    found = []
    for name, values in table.items():
        field, why = _text_field(name, values) if values.dtype == object else _number_field(name, values)
        if why:
            say(f"column {name!r} is left out: {why}")
        else:
            found.append(field)
    return found


def _number_field(name: str, values: Floats) -> tuple[Field, str]:
    known = values[np.isfinite(values)]
    if not len(known) or known.min() == known.max():
        return Field(name), "it has the same value in every row"
    if (
        len(known) >= IDENTIFIER_ROWS
        and (known == np.floor(known)).all()
        and len(np.unique(known)) == len(known)
    ):
        return Field(name), "every row has another whole number, as an identifier has"
    is_flag = bool(np.all((known == 0) | (known == 1)))
    return Field(name, low=float(known.min()), high=float(known.max()), is_flag=is_flag), ""


def _text_field(name: str, values: NDArray[Any]) -> tuple[Field, str]:
    texts, counts = np.unique(
        np.array([value for value in values if value is not None], dtype=str), return_counts=True
    )
    order = np.lexsort((texts, -counts))
    frequent = tuple(str(texts[i]) for i in order[:MOST_VALUES] if counts[i] >= LEAST_SHARE * len(values))
    if len(texts) < 2:
        return Field(name), "it has the same text in every row"
    if not frequent:
        return Field(name), f"its {len(texts):,} texts are all rare, as names and identifiers are"
    return Field(name, frequent), ""


def columns_of(fields: Sequence[Field]) -> list[Column]:
    """The columns of the matrix."""
    return [
        Column(field.name, value, field.is_flag) for field in fields for value in (field.values or (None,))
    ]


def encode(fields: Sequence[Field], table: Table) -> list[Floats]:
    """The matrix, column by column: numbers, and 1 or 0 for texts (0 if missing)."""
    found: list[Floats] = []
    for field in fields:
        values = table[field.name]
        if field.values:
            found += [(values == value).astype(np.float64) for value in field.values]
        else:
            found.append(np.asarray(values, dtype=np.float64))
    return found
