"""Columns of the input: a dictionary, a pandas or polars frame, an Arrow table."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


class Columns(Mapping[str, Any]):
    """Columns by name, whatever holds them."""

    def __init__(self, source: Any) -> None:
        self.source = source
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
        """A column that must be there.

        Raises:
            ValueError: it is not; the message lists those that are.
        """
        if name not in self._keys:
            alike = [known for known in self.names if known.strip().casefold() == name.strip().casefold()]
            hint = f"; {alike[0]!r} differs by case or blanks" if alike else ""
            raise ValueError(f"there is no column {name!r}; the columns are {', '.join(self.names)}{hint}")
        return self[name]


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
