"""Ids and event times of many records at once; unusual ones are left to the careful decoder."""

from collections.abc import Collection, Sequence
from itertools import compress
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.definition import IdSource, IdType, TimeUnit
from liftstream.streams.ids import Id, read_key, uuid_of
from liftstream.streams.moments import LATEST_US, US, NoMoment, to_ms
from liftstream.streams.unreadable import Unreadable

Mask: TypeAlias = NDArray[np.bool_]
Ids: TypeAlias = NDArray[Any]
"""Ids of one type: integers as int64, texts as objects."""
UUID_LETTERS: Final = 36
DASHES: Final = np.array([8, 13, 18, 23])
HEX: Final = np.array([byte in b"0123456789abcdefABCDEF" for byte in range(256)])
DIGITS_AT_MOST: Final = 18
LARGEST_EXACT: Final = 2.0**53


def column_of(kind: IdType) -> type:
    """What numpy keeps ids of a type in."""
    return np.int64 if kind == "integer" else object


def as_ids(found: Collection[Id], column: type) -> Ids:
    """Ids as a column."""
    return np.fromiter(found, column, len(found))


def read_ids(values: Sequence[Any], kind: IdType) -> tuple[Ids, Mask | None]:
    """Ids as decoded (integers of 64 bits, or text), and which of them must be read with care; None: none."""
    if kind == "integer":
        return values if isinstance(values, np.ndarray) else as_ids(values, np.int64), None
    if kind == "text":
        empty = np.array([not value for value in values]) if "" in values else None
        return as_ids(values, object), empty
    return _uuids(values)


def read_keys(keys: Sequence[bytes | None], source: IdSource) -> tuple[Ids, Mask | None]:
    """The same of records whose ids are their keys."""
    found: list[Id] = []
    odd, kind = [], source.type
    for at, key in enumerate(keys):
        try:
            plain = kind == "integer" and key is not None and key.isdigit() and len(key) <= DIGITS_AT_MOST
            is_digits = plain and key is not None and source.key_form == "text"
            found.append(int(key or 0) if is_digits else read_key(key, kind, source.key_form))
        except Unreadable:
            odd.append(at)
            found.append(0)
    return as_ids(found, column_of(kind)), mask_of(odd, len(keys))


def digit_counts(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many digits integers of at least 0 have."""
    fewest, most = len(str(numbers.min())), len(str(numbers.max()))
    counts = np.full(len(numbers), fewest)
    for exponent in range(fewest, most):
        counts += numbers >= 10**exponent
    return counts


def digits_of(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Integers of at least 0 with equally many digits as [numbers, digits], in ASCII."""
    size = len(str(numbers[0]))
    written = np.empty((len(numbers), size), np.uint8)
    for at in reversed(range(size)):
        rest = numbers // 10
        written[:, at] = numbers - 10 * rest + ord("0")
        numbers = rest
    return written


def read_times(values: Sequence[Any], unit: TimeUnit) -> tuple[NDArray[np.int64], Mask | None]:
    """Event times in ms since 1970, and which of them must be read with care; None: none."""
    if unit != "iso":
        whole = np.array(values)
        if whole.dtype == np.int64:
            most = LATEST_US // US[unit]
            odd = (whole < 0) | (whole > most)
            whole[odd] = 0
            stamps: NDArray[np.int64] = whole * US[unit] // 1000
            return stamps, odd if odd.any() else None
        if whole.dtype == np.float64:
            with np.errstate(over="ignore"):
                exact = np.rint(whole * US[unit])
            odd = ~(
                (exact >= 0) & (exact <= LARGEST_EXACT)
            )  # beyond it a whole number among them may be another one
            exact[odd] = 0
            return exact.astype(np.int64) // 1000, odd if odd.any() else None
    found, odd_at = np.zeros(len(values), np.int64), []
    for at, value in enumerate(values):
        try:
            found[at] = to_ms(value, unit)
        except NoMoment:
            odd_at.append(at)
    return found, mask_of(odd_at, len(values))


def _uuids(values: Sequence[str]) -> tuple[Ids, Mask | None]:
    odd = mask_of(
        [at for at, value in enumerate(values) if len(value) != UUID_LETTERS or not value.isascii()],
        len(values),
    )
    flat = "".join(values if odd is None else compress(values, ~odd))
    letters = np.frombuffer(flat.encode(), np.uint8).reshape(-1, UUID_LETTERS)
    fits = HEX[letters]
    fits[:, DASHES] = letters[:, DASHES] == ord("-")
    good = fits.all(axis=1)
    if odd is None and good.all():
        return as_ids(values if flat == flat.lower() else list(map(uuid_of, values)), object), None
    mask = np.zeros(len(values), bool) if odd is None else odd
    mask[~mask] = ~good
    return as_ids(list(map(uuid_of, values)), object), mask


def mask_of(odd: Sequence[int], count: int) -> Mask | None:
    """Which of `count` are at the places `odd`; None: none."""
    if not odd:
        return None
    mask = np.zeros(count, bool)
    mask[odd] = True
    return mask
