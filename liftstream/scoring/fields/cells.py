"""A caller's columns, of any kind, as numbers and words."""

from collections.abc import Collection, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import MISSING, Floats, WordBuilder, Words, to_float32
from liftstream.scoring.xml.types import FLOAT32_MAX, NAN, number_or_truth, write_number

MANY_WORDS: Final = 64


def read_numbers(values: Any, datatype: str) -> tuple[Floats, Words | None]:
    """A column as numbers, and what in it is no number (missing where it is one; None where all are).

    Args:
        values: an array, list or series.
        datatype: of the field.
    """
    array = as_array(values)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64), None
    plain = _parse_all(array, datatype)
    if plain is not None:
        return plain, None
    words = read_words(array)
    read_as = "double" if datatype == "integer" else datatype  # of 2.5 the treatment says what it is worth
    numbers = words.lookup(lambda word: number_or_truth(word, read_as))
    unreadable = np.isnan(numbers) & (words.codes >= 0)
    if not unreadable.any():
        return numbers, None
    return numbers, Words(np.where(unreadable, words.codes, MISSING), words.vocabulary)


def _parse_all(array: NDArray[Any], datatype: str) -> Floats | None:
    """A column of text that is numbers throughout, or missing (None); None where anything else is in it."""
    if array.dtype.kind != "O" or datatype not in ("double", "float", "integer"):
        return None
    cells = array.tolist()
    try:
        numbers = np.array(
            [NAN if cell is None else float(cell) for cell in cells]
            if None in cells
            else list(map(float, cells))
        )
        told = "".join(filter(None, cells))
    except (TypeError, ValueError):
        return None
    if "_" in told or np.isnan(numbers).sum() != cells.count(None):
        return None
    if datatype == "float":
        return np.where(np.abs(numbers) <= FLOAT32_MAX, to_float32(numbers), numbers)
    return numbers


def read_words(values: Any, datatype: str = "string", declared: Collection[str] = ()) -> Words:
    """A column as words; None, NaN, NaT, NA and empty text are missing.

    Args:
        values: an array, list or series.
        datatype: of the field: timestamps at midnight are dates for a field of dates.
        declared: the field's categories, as one of which a number or boolean is spelled where it can be.
    """
    array = as_array(values)
    if array.dtype.kind in "mM":
        return _read_moments(array, datatype)
    if array.dtype.kind in "fiub":
        distinct, codes = np.unique(array, return_inverse=True)
        return _recode(codes, [None if v != v else _spell(v, declared) for v in distinct.tolist()])
    builder = WordBuilder()
    codes_of: dict[Any, int] = {}

    def code(value: Any) -> int:
        # True and 1.0 are equal, not one word
        key = value if type(value) is str else (type(value), str(value))
        known = codes_of.get(key)
        if known is None:
            known = codes_of[key] = builder.code(_word(value, datatype, declared))
        return known

    return builder.words(np.fromiter(map(code, array.tolist()), dtype=np.intp, count=len(array)))


def read_codes(codes: Floats, words: Sequence[str]) -> Words:
    """A column of codes into some words as words; NaN and empty text are missing.

    Only the words that are there are kept where they are few among many: whatever is done to words is done to each.
    """
    gone = np.isnan(codes)
    known = np.where(gone, MISSING, codes).astype(np.intp) if gone.any() else codes.astype(np.intp)
    if len(words) > MANY_WORDS:
        distinct, known = np.unique(known, return_inverse=True)
        return _recode(
            known, [None if code == MISSING else words[code] or None for code in distinct.tolist()]
        )
    if "" in words:
        return _recode(
            np.where(known == MISSING, len(words), known), [*(word or None for word in words), None]
        )
    return Words(known, list(words))


def _recode(codes: NDArray[np.intp], words: list[str | None]) -> Words:
    builder = WordBuilder()
    table = np.array([builder.code(word) for word in words] or [MISSING], dtype=np.intp)
    return builder.words(table[codes.reshape(-1)])


def _read_moments(array: NDArray[Any], datatype: str) -> Words:
    """Timestamps (datetime64) in ISO form, durations as numpy writes them."""
    distinct, codes = np.unique(array, return_inverse=True)
    if array.dtype.kind == "m":
        return _recode(codes, [None if np.isnat(one) else str(one) for one in distinct])
    moments = distinct.astype("datetime64[us]").tolist()
    return _recode(codes, [None if one is None else _write_moment(one, datatype) for one in moments])


def _write_moment(moment: Any, datatype: str) -> str:
    """A date, time or timestamp in ISO form; of one at midnight its date, where the field holds dates."""
    midnight = datatype == "date" and isinstance(moment, datetime) and moment.time() == time()
    return str((moment.date() if midnight and moment.tzinfo is None else moment).isoformat())


def _word(value: Any, datatype: str, declared: Collection[str]) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, (bool, int, float, Decimal)):
        return _spell(value if isinstance(value, (bool, int)) else float(value), declared)
    return _write_moment(value, datatype) if hasattr(value, "isoformat") else str(value)


def _spell(value: bool | int | float, declared: Collection[str]) -> str:
    """A number without a needless point, a boolean in small letters, unless the field's categories are spelled "1.0", "True"."""
    if isinstance(value, bool):
        word, other = str(value).lower(), str(value)
    else:
        word = write_number(value, "double")
        other = f"{word}.0"
    return other if word not in declared and other in declared else word


def as_array(values: Any) -> NDArray[Any]:
    """A list, series or array as a one-dimensional array; text stays Python strings."""
    if isinstance(values, np.ndarray):
        array = values
    elif hasattr(values, "to_numpy"):
        array = np.asarray(values.to_numpy())
    else:
        values = list(values)
        textual = any(isinstance(value, str) or value is None for value in values)
        array = np.array(values, dtype=object) if textual else np.asarray(values)
    return array.reshape(-1)
