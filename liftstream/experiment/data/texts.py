"""Columns of ids and names of arms: text, to the byte, whatever the column looks like.

`01` is not `1`, and a number of 60 bits keeps all its digits.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.data.columns import Codes, arrow_of, is_arrow, is_missing, is_plain

EXACT_MOST = 2**53
"""Whole numbers above this are not all floats: two ids may have become one."""
NOBODY = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "Null", "(null)", "None", "none", "-", "\\N"}
)  # fmt: skip
"""Texts that often stand for a blank."""


@dataclass(frozen=True)
class Texts:
    """A column of names: for each row the code of its text, -1 where it is blank."""

    codes: Codes
    labels: Sequence[str]
    """The texts, in order of appearance; sorted for numbers."""

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Rows without a name."""
        return self.codes < 0

    def counts(self, labels: Collection[str]) -> dict[str, int]:
        """Rows of these texts, for those that are there."""
        codes = self._codes_of(labels)
        rows = np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels)) if codes else ()
        return {self.labels[code]: int(rows[code]) for code in codes}

    def _codes_of(self, labels: Collection[str]) -> list[int]:
        return [self.labels.index(label) for label in sorted(frozenset(labels).intersection(self.labels))]

    def without(self, labels: Collection[str]) -> "Texts":
        """The same with these texts as blanks."""
        codes = self._codes_of(labels)
        return self if not codes else Texts(np.where(np.isin(self.codes, codes), -1, self.codes), self.labels)


def texts(column: Any, name: str = "column") -> Texts:
    """A column as text.

    Raises:
        ValueError: floating-point numbers so large that different ids have become one.
    """
    column = arrow_of(column)
    if is_arrow(column):
        return _arrow_texts(column, name)
    values = column.to_numpy() if hasattr(column, "to_numpy") and _is_numeric(column) else column
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return _number_texts(values.ravel(), name)
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    return _encoded([_text(item, name) for item in items])


def _text(item: Any, name: str) -> str | None:
    """The text of a cell; None for a blank."""
    if isinstance(item, str):
        return item if item.strip() else None
    if is_missing(item):
        return None
    if isinstance(item, bytes):
        return item.decode(errors="backslashreplace")
    if isinstance(item, float):
        if abs(item) >= EXACT_MOST:
            _refuse_merged(name)
        return str(int(item)) if item == int(item) else repr(item)
    return str(item)


def _encoded(items: list[str | None]) -> Texts:
    index: dict[str | None, int] = {None: -1}
    codes = np.fromiter((index.setdefault(item, len(index) - 1) for item in items), np.int64, len(items))
    return Texts(codes, [text for text in index if text is not None])


def _number_texts(values: NDArray[Any], name: str) -> Texts:
    blank = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.size, dtype=bool)
    known = values[~blank]
    if values.dtype.kind == "f" and known.size and np.abs(known).max() >= EXACT_MOST:
        _refuse_merged(name)
    labels, inverse = np.unique(known, return_inverse=True)
    codes = np.full(values.size, -1, dtype=np.int64)
    codes[~blank] = inverse
    return Texts(codes, [_text(label, name) or "" for label in labels.tolist()])


def _refuse_merged(name: str) -> NoReturn:
    raise ValueError(
        f"{name} must be text or whole numbers: it holds floating-point numbers above 2^53, in which different ids are "
        "one; read the column as text (dtype=str)"
    )


def _is_numeric(column: Any) -> bool:
    return getattr(getattr(column, "dtype", None), "kind", "") in {"i", "u", "f"} and is_plain(column)


def _is_binary(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def _arrow_texts(column: Any, name: str) -> Texts:
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_floating(column.type):
        return _number_texts(column.to_numpy(), name)
    if isinstance(column.type, pyarrow.BaseExtensionType) or _is_binary(column.type):
        return _encoded([_text(item, name) for item in column.to_pylist()])
    if not pyarrow.types.is_dictionary(column.type):
        column = compute.cast(column, pyarrow.large_string()).dictionary_encode()
    encoded = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    labels = [str(label) for label in encoded.dictionary.to_pylist()]
    codes = compute.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    blanks = [code for code, label in enumerate(labels) if not label.strip()]
    if blanks:
        codes[np.isin(codes, blanks)] = -1
    return Texts(codes, labels)
