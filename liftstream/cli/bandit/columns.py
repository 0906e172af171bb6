"""Columns of a log, checked: numbers, names, and which are there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from liftstream.contracts.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from liftstream.bandits.policies.evidence import Floats


def require(columns: Mapping[str, Any], names: tuple[str, ...], file: str) -> None:
    """Refuses a file that lacks one of the columns."""
    if missing := [name for name in names if name not in columns]:
        raise InputError(
            f"{file}: no column {missing[0]!r}; needed are {', '.join(names)}, there are {', '.join(columns)}"
        )
    if not len(columns[names[0]]):
        raise InputError(f"{file}: no rows below the header")


def numbers(columns: Mapping[str, Any], name: str, file: str) -> "Floats":
    """The column as numbers; the error names the first cell that is not a number."""
    import numpy as np

    try:
        found = np.array(columns[name], dtype=float)
    except (TypeError, ValueError):
        found = np.array([_number(cell) for cell in columns[name]])
    wrong = np.flatnonzero(~np.isfinite(found))
    if wrong.size:
        row = int(wrong[0])
        raise InputError(
            f"{file}: {name} of row {row + 1} is {_shown(columns[name][row])}; a number is needed"
        )
    return found


def refuse_rows(wrong: "NDArray[np.bool_]", values: "Floats", name: str, needed: str, file: str) -> None:
    """Refuses a column with a value that is not what is needed; the error names the first one."""
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"{file}: {name} of row {row + 1} is {values[row]:g}; {needed}")


def names(columns: Mapping[str, Any], name: str, file: str) -> list[str]:
    """The column as text; an empty cell is refused."""
    cells = ["" if _is_empty(cell) else _text(cell) for cell in columns[name]]
    if "" in cells:
        raise InputError(f"{file}: {name} of row {cells.index('') + 1} is empty")
    return cells


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return float("nan")


def _is_empty(cell: Any) -> bool:
    return cell is None or cell == "" or cell != cell


def _text(cell: Any) -> str:
    """`3` for the arm 3, whether it was read as a whole number or not."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _shown(cell: Any) -> str:
    return "empty" if _is_empty(cell) else repr(cell)
