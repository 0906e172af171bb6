"""Rows of CSV whose cells are numbers, converted row by row while their text is at hand: wide files are read several
times faster.

Whatever is not plainly a number (a word, "nan", a digit separator) makes the chunk go the ordinary way, as text.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAN = float("nan")


class WatchedLines:
    """Lines of a file. `odd` becomes true with a line that may hold a number as only Python reads it (1_000)."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.odd = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if "_" in line:
                self.odd = True
            yield line


class NumberRows:
    """The numeric columns of some rows as a matrix, as long as all their cells are numbers or missing."""

    def __init__(self, header: Sequence[str], numeric: frozenset[str], missing: set[str]) -> None:
        self.places = [place for place, column in enumerate(header) if column in numeric]
        self._missing = {"", *missing}
        self._plain = not any(_is_number(text) for text in missing)
        self._pick = _picker(self.places, len(header))
        self.begin()

    def begin(self) -> None:
        """A new chunk."""
        self.usable, self._gaps = bool(self.places), 0
        self._rows: list[array[float]] = []

    def add(self, row: list[str]) -> None:
        """One more row."""
        if not self.usable or not row:
            return
        try:
            cells = self._pick(row)
            self._rows.append(array("d", map(float, cells)) if self._plain else self._with_gaps(cells))
        except ValueError:
            self._add_slowly(row)
        except IndexError:
            self.usable = False  # a short row, which is refused with its number

    def _add_slowly(self, row: list[str]) -> None:
        try:
            self._rows.append(self._with_gaps(self._pick(row)))
        except ValueError:
            self.usable = False

    def _with_gaps(self, cells: Sequence[str]) -> "array[float]":
        missing = self._missing
        numbers = array("d", [NAN if cell in missing else float(cell) for cell in cells])
        self._gaps += sum(cell in missing for cell in cells)
        return numbers

    def matrix(self) -> NDArray[np.float64] | None:
        """[rows, columns], NaN where a cell is missing; None where a cell was no plain number."""
        if not self.usable or not self._rows:
            return None
        numbers = np.frombuffer(b"".join(self._rows), dtype=np.float64).reshape(len(self._rows), -1)
        return numbers if int(np.isnan(numbers).sum()) == self._gaps else None


def _picker(places: list[int], width: int) -> Callable[[list[str]], Sequence[str]]:
    if len(places) == width:
        return lambda row: row
    if len(places) == 1:
        return lambda row: [row[places[0]]]
    chosen: Any = itemgetter(*places) if places else (lambda row: ())  # noqa: ARG005
    return chosen  # type: ignore[no-any-return]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
