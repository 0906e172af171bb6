"""Records that repeat one byte layout, decoded together in one checked numpy pass.

A program writes the same bytes at the same places, except for the values. A layout is learned from one record that
was decoded carefully. Every byte of other records of that length is compared with it. Only if everything but the
values agrees, the digits are taken as numbers and the letters as texts; a record that differs in any other byte is
decoded alone. So a layout never changes the result, it only saves work: a test compares it with the decoder on any
bytes.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.definition import SideDefinition
from pipeline.records.columns import ColumnBlock, RecordColumns
from pipeline.records.feature_rows import FeatureRows
from pipeline.records.layout_plan import Digits, LayoutPlan, Unlearnable, plan_of

FEWEST: Final = 48
"""Records of one length below which a pass costs more than decoding them singly."""
PROBED: Final = 16
"""Records that a layout is tried on first; if hardly any fits, the others are not looked at."""
FITTING: Final = 3
"""How many probed records must fit: a few producers may share a length."""
MISFITS: Final = 3
"""Probes in a row after which a layout is forgotten."""
MOST: Final = 8
"""Layouts that are known at once: producers times lengths of ids."""
RAREST: Final = 1024
"""Fetches between attempts to learn where records follow no layout."""
AT_ONCE_BYTES: Final = 256 * 1024
"""What is compared at once stays in the processor's cache."""
LETTERS: Final = np.array([0x20 <= byte < 0x7F and byte not in b'"\\\\' for byte in range(256)])
"""Bytes that a text of JSON may consist of, each being the letter that it says."""


class Layout:
    """One byte layout.

    Args:
        example: a record that was read with care.
        side: as defined.

    Raises:
        Unlearnable: see `plan_of`.
    """

    def __init__(self, example: bytes, side: SideDefinition) -> None:
        plan = plan_of(example, side)
        self.length, self.misfits = len(example), 0
        width = -(-self.length // 8) * 8  # bytes are compared eight at a time
        self._padding = bytes(width - self.length)
        self._letters, self._constants = plan.letters, plan.constants
        ordered = self._order(plan, side)
        self._places, self._free = np.array(ordered, np.intp), np.array(plan.free, np.intp)
        column = {place: at for at, place in enumerate(ordered)}
        self._leading = [column[place] for place in plan.leading]
        mask = np.full(width, 0xFF, np.uint8)
        mask[self._places] = 0xF0  # ASCII digits are 0x30 to 0x39
        mask[self._free] = 0
        self._mask = mask.view(np.uint64)
        self._fixed = np.frombuffer(example + self._padding, np.uint64) & self._mask
        self._at_once = max(1, AT_ONCE_BYTES // width)

    def _order(self, plan: LayoutPlan, side: SideDefinition) -> list[int]:
        """The places of digits: those of each number beside each other, and last those of features of one digit, in
        column order, where these are all that there are: they are taken together."""
        single = {
            one.target: one.places[0]
            for one in plan.digits
            if isinstance(one.target, int) and len(one.places) == 1 and not one.is_negative
        }
        columns = range(len(side.features))
        together = [single[column] for column in columns] if single.keys() == set(columns) else []
        ordered: list[int] = []
        self._numbers: list[tuple[Digits, slice, NDArray[np.int64]]] = []
        for one in plan.digits:
            if not together or not isinstance(one.target, int):
                size = len(one.places)
                self._numbers.append((one, slice(len(ordered), len(ordered) + size), _powers(size)))
                ordered += one.places
        known = {*ordered, *together}
        ordered += [place for place in plan.counted if place not in known]
        self._singles = len(ordered) if together else None
        return ordered + together

    def read(self, values: Sequence[bytes]) -> tuple[NDArray[np.bool_], RecordColumns]:
        """Which records fit, and the columns of all (only meaningful if they fit).

        Args:
            values: of this layout's length.
        """
        steps = range(0, len(values), self._at_once)
        parts = [self._take(values[first : first + self._at_once]) for first in steps]
        fits, digits, records = (np.concatenate(one) for one in zip(*parts, strict=True))
        found = RecordColumns(len(values))
        if self._singles is not None:
            found.blocks.append(ColumnBlock(0, FeatureRows(digits[:, self._singles :])))
        for one, at, powers in self._numbers:
            found.put(one.target, _scaled(one, digits[:, at] @ powers), numeric=True)
        for text in self._letters:
            found.put(text.target, _texts(records[:, text.start : text.stop], fits), numeric=False)
        for column, constant in self._constants.items():
            found.numbers[column] = np.full(len(values), constant)
        return fits, found

    def fit(self, values: Sequence[bytes]) -> int:
        """How many records fit."""
        return int(self._take(values)[0].sum())

    def _take(
        self, values: Sequence[bytes]
    ) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.uint8]]:
        """Whether each record has this layout, its digits, and its bytes where texts are asked for."""
        records = np.frombuffer(self._padding.join((*values, b"")), np.uint64).reshape(len(values), -1)
        letters = records.view(np.uint8)
        digits = letters.take(self._places, axis=1) & np.uint8(0x0F)
        fits = _all_in_each((records & self._mask) == self._fixed) & _all_in_each(digits <= 9)
        for at in self._leading:
            fits &= digits[:, at] != 0  # JSON has no number like 007
        if len(self._free):
            fits &= LETTERS[letters.take(self._free, axis=1)].all(axis=1)
        if not self._letters:
            # not a view: the buffer's memory is used again at once
            letters = np.empty((len(values), 0), np.uint8)
        return fits, digits, letters


def _all_in_each(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows in which all is true; it takes much less to see that all of a matrix is."""
    found: NDArray[np.bool_] = np.ones(len(holds), bool) if holds.all() else np.asarray(holds.all(axis=1))
    return found


def _lengths(values: Sequence[bytes | None]) -> NDArray[np.int64]:
    """The lengths of records; 0 for those without a value."""
    try:
        return np.fromiter(map(len, values), np.int64, len(values))  # type: ignore[arg-type]
    except TypeError:
        return np.array([len(value or b"") for value in values])


def _powers(size: int) -> NDArray[np.int64]:
    powers: NDArray[np.int64] = 10 ** np.arange(size)[::-1]
    return powers


def _scaled(one: Digits, number: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """The number of some digits; a whole one for ids and times."""
    if not isinstance(one.target, int) and not one.after_point:
        return -number if one.is_negative else number
    exact = number / float(10**one.after_point)
    return -exact if one.is_negative else exact


def _texts(letters: NDArray[np.uint8], fits: NDArray[np.bool_]) -> list[str]:
    """Letters as texts; empty for records that do not fit."""
    size = letters.shape[1]
    if not size:
        return [""] * len(letters)
    packed = np.where(fits[:, None], letters, np.uint8(0x20))
    flat = np.ascontiguousarray(packed).tobytes().decode("ascii")
    return [flat[first : first + size] for first in range(0, len(flat), size)]


class Read(NamedTuple):
    """The records that fitted: their indexes, and what they say."""

    indexes: NDArray[np.int64]
    columns: RecordColumns


class Layouts:
    """The layouts that producers are known to write, those used last first.

    Args:
        side: as defined.
    """

    def __init__(self, side: SideDefinition) -> None:
        self._side = side
        self._known: list[Layout] = []
        self._patience, self._wait = 1, 0

    def read(self, values: Sequence[bytes | None], left: Sequence[int] | NDArray[np.intp]) -> Iterator[Read]:
        """Yields what could be read, layout by layout; no record twice.

        Args:
            values: of a fetch.
            left: the indexes to look at.
        """
        if not self._known or len(left) < FEWEST:
            return
        rest = np.asarray(left, np.int64)
        lengths = (
            _lengths(values) if len(rest) == len(values) else _lengths([values[at] for at in rest.tolist()])
        )
        for layout in list(self._known):
            fitting = lengths == layout.length
            indexes = rest if fitting.all() else rest[fitting]
            if len(indexes) < FEWEST:
                continue
            same = values if len(indexes) == len(values) else [values[index] for index in indexes.tolist()]
            if self._fits_some(layout, same):
                found = _read(layout, indexes, same)
                yield found
                if len(found.indexes) == len(rest):
                    return
                whole = len(found.indexes) == len(indexes)
                lengths[fitting if whole else np.isin(rest, found.indexes, assume_unique=True)] = -1

    def would_learn(self, left: int) -> bool:
        """Whether to look for another layout, as `left` records of a fetch have none that is known."""
        return left >= FEWEST and self._wait == 0

    def learn(self, example: bytes) -> bool:
        """Takes up the layout of a record that was read with care; False if it has none that can be learned.

        Where records follow no layout this is tried less and less often.
        """
        self._patience = min(2 * self._patience, RAREST)
        self._wait = self._patience
        try:
            layout = Layout(example, self._side)
        except Unlearnable:
            return False
        self._known = [layout, *self._known][:MOST]
        return True

    def pass_fetch(self) -> None:
        """Notes another fetch."""
        self._wait = max(0, self._wait - 1)

    def _fits_some(self, layout: Layout, values: Sequence[bytes | None]) -> bool:
        some = values[:PROBED]
        self._known.remove(layout)
        if layout.fit(some) >= FITTING:  # type: ignore[arg-type]  # of its length, so none is None
            layout.misfits, self._patience, self._wait = 0, 1, 0
            self._known.insert(0, layout)
            return True
        layout.misfits += 1
        if layout.misfits < MISFITS:
            self._known.append(layout)
        return False


def _read(layout: Layout, indexes: NDArray[np.int64], values: Sequence[bytes | None]) -> Read:
    fits, columns = layout.read(values)  # type: ignore[arg-type]
    if not fits.all():
        kept = np.flatnonzero(fits)
        indexes, columns = indexes[fits], columns.at(kept)
    return Read(indexes, columns)
