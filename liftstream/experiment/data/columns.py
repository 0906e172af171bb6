"""Columns of the input: a dictionary, a pandas or polars frame, an Arrow table."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import refuse

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


class Columns(Mapping[str, Any]):
    """Columns by name, whatever holds them.

    Args:
        source: a dictionary, a pandas or polars frame, or an Arrow table.
        ragged: columns may differ in length.

    Raises:
        ValueError: it is none of these.
    """

    def __init__(self, source: Any, *, ragged: bool = False) -> None:
        if not (isinstance(source, Mapping) or hasattr(source, "column_names") or hasattr(source, "columns")):
            told = source if source is None or isinstance(source, str) else type(source).__name__
            refuse("data", told, "columns by name: a dictionary, a pandas or polars frame, or an Arrow table")
        self.source, self._ragged = source, ragged
        self._first: tuple[str, int] | None = None
        names = getattr(source, "column_names", None) or getattr(source, "columns", None)
        self.names = [str(name) for name in (source if names is None else names)]
        self._keys = dict(zip(self.names, source if names is None else names, strict=True))

    def __getitem__(self, name: str) -> Any:
        return self.source[self._keys[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def need(self, name: str) -> Any:
        """A column that must be there, with as many values as those before.

        Raises:
            ValueError: it is not, and the message lists those that are; or it has another length.
        """
        if name not in self._keys:
            alike = [known for known in self.names if known.strip().casefold() == name.strip().casefold()]
            hint = f"; {alike[0]!r} differs by case or blanks" if alike else ""
            raise ValueError(f"there is no column {name!r}; the columns are {', '.join(self.names)}{hint}")
        column = self[name]
        rows = len(column) if hasattr(column, "__len__") and not isinstance(column, str) else 0
        known, wanted = self._first = self._first or (name, rows)
        if rows != wanted and not self._ragged:
            raise ValueError(
                f"columns must have a value for each row: {known} has {wanted:,}, {name} {rows:,}"
            )
        return column


def is_missing(item: Any) -> bool:
    """Whether a cell is None, NaN, or the missing value of pandas, which refuses to be compared."""
    return item is None or type(item).__name__ in {"NAType", "NaTType"} or bool(item != item)


def is_plain(column: Any) -> bool:
    """Whether it is a numpy array; columns of pandas with missing values lose digits on the way to numpy."""
    return isinstance(getattr(column, "dtype", None), np.dtype)


def is_arrow(column: Any) -> bool:
    """Whether it is an Arrow array."""
    return type(column).__module__.partition(".")[0] == "pyarrow"


def arrow_of(column: Any) -> Any:
    """Series of polars come as Arrow arrays."""
    return column.to_arrow() if hasattr(column, "to_arrow") else column
