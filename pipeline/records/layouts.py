"""Records that repeat one byte layout, decoded together in one checked numpy pass.

What a program writes has the same bytes at the same places, but for the digits of its numbers. A layout is learned from one
record that was decoded in full. Of other records of that length every byte is compared with it, and only where all but the
digits agree are the digits taken as the numbers (one digit a field, any a uuid); whatever differs in any byte is left to be decoded by itself. So a
layout never decides what a record says, it only saves asking again: a test holds it against the decoder on any bytes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST: Final = 48
"""Records of one length below which a pass costs more than decoding them singly."""
PROBED: Final = 16
"""Records that a layout is tried on first; if hardly any fits, the others are not looked at."""
FITTING: Final = 3
"""Of those probed, how many must fit: a few producers may share a length."""
MISFITS: Final = 3
"""Probes in a row after which a layout is forgotten."""
MOST: Final = 8
"""Layouts that are known at once: producers times lengths of uuids."""
RAREST: Final = 1024
"""Fetches between attempts to learn where records follow no layout."""
AT_ONCE_BYTES: Final = 256 * 1024
"""What is compared at once stays in the processor's cache."""
UUID: Final = "uuid"
UUID_DIGITS: Final = 18
"""Longer ones may not fit into 64 bits, and are decoded singly."""

NUMBER = re.compile(rb'"(\w+)"[ \t\r\n]*:[ \t\r\n]*([0-9]+)(?=[ \t\r\n]*[,}])')


class Read(NamedTuple):
    """The records that fitted: their indexes, uuids, and fields as a byte each, a row a record."""

    indexes: NDArray[np.int64]
    uuids: NDArray[np.int64]
    fields: NDArray[np.uint8]


class Layout:
    """One byte layout.

    Args:
        example: a record.
        uuid: where the digits of the uuid begin and end in it.
        places: where the one digit of each field stands.
    """

    def __init__(self, example: bytes, uuid: tuple[int, int], places: Sequence[int]) -> None:
        self.length, self.misfits = len(example), 0
        width = -(-self.length // 8) * 8  # bytes are compared eight at a time
        self._padding = bytes(width - self.length)
        self._places = np.array([*range(*uuid), *places])
        self._powers = 10 ** np.arange(uuid[1] - uuid[0])[::-1]
        mask = np.full(width, 0xFF, np.uint8)
        mask[self._places] = 0xF0  # ASCII digits are 0x30 to 0x39
        self._mask = mask.view(np.uint64)
        self._fixed = np.frombuffer(example + self._padding, np.uint64) & self._mask
        self._at_once = max(1, AT_ONCE_BYTES // width)

    def read(self, values: Sequence[bytes]) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.uint8]]:
        """Which records fit, and the uuids and fields of all (only of meaning where they fit).

        Args:
            values: of this layout's length.
        """
        steps = range(0, len(values), self._at_once)
        parts = [self._take(values[first : first + self._at_once]) for first in steps]
        fits = np.concatenate([one for one, _ in parts])
        digits = np.concatenate([one for _, one in parts])
        size = len(self._powers)
        if size > 1:
            fits &= digits[:, 0] != 0  # JSON has no number like 007
        return fits, digits[:, :size] @ self._powers, digits[:, size:]

    def _take(self, values: Sequence[bytes]) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
        """Whether each record has this layout, and its digits."""
        records = np.frombuffer(self._padding.join((*values, b"")), np.uint64).reshape(len(values), -1)
        digits = records.view(np.uint8).take(self._places, axis=1) & np.uint8(0x0F)
        fits = ((records & self._mask) == self._fixed).all(axis=1) & (digits <= 9).all(axis=1)
        return fits, digits


class Layouts:
    """The layouts that producers are known to write, those used last first.

    Args:
        names: of the fields, in the order of a row.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._known: list[Layout] = []
        self._patience, self._wait = 1, 0

    def read(self, values: Sequence[bytes | None], left: Sequence[int]) -> Iterator[Read]:
        """Yields what could be read, layout by layout; no record twice.

        Args:
            values: of a fetch.
            left: the indexes to look at.
        """
        if not self._known or len(left) < FEWEST:
            return
        rest = np.fromiter(left, np.int64, len(left))
        lengths = np.array([len(values[index] or b"") for index in left])
        for layout in list(self._known):
            fitting = lengths == layout.length
            indexes = rest[fitting]
            if len(indexes) < FEWEST:
                continue
            same = values if len(indexes) == len(values) else [values[index] for index in indexes.tolist()]
            if self._fits_some(layout, same):
                found = _read(layout, indexes, same)
                lengths[np.isin(rest, found.indexes, assume_unique=True)] = -1
                yield found

    def would_learn(self, left: int) -> bool:
        """Whether to look for another layout, as `left` records of a fetch have none that is known."""
        return left >= FEWEST and self._wait == 0

    def learn(self, example: bytes) -> bool:
        """Takes up the layout of a record that was decoded in full; False if it has none that can be learned.

        Where records follow no layout this is tried less and less often.
        """
        self._patience = min(2 * self._patience, RAREST)
        self._wait = self._patience
        spans = {match[1].decode(): match.span(2) for match in NUMBER.finditer(example)}
        uuid = spans.pop(UUID, (0, 0))
        single = {name: start for name, (start, stop) in spans.items() if stop - start == 1}
        if single.keys() != set(self._names) or not 1 <= uuid[1] - uuid[0] <= UUID_DIGITS:
            return False
        layout = Layout(example, uuid, [single[name] for name in self._names])
        self._known = [layout, *self._known][:MOST]
        return True

    def pass_fetch(self) -> None:
        """Another fetch came."""
        self._wait = max(0, self._wait - 1)

    def _fits_some(self, layout: Layout, values: Sequence[bytes | None]) -> bool:
        some = values[:PROBED]
        self._known.remove(layout)
        if layout.read(some)[0].sum() >= FITTING:  # type: ignore[arg-type]  # of its length, so none is None
            layout.misfits, self._patience, self._wait = 0, 1, 0
            self._known.insert(0, layout)
            return True
        layout.misfits += 1
        if layout.misfits < MISFITS:
            self._known.append(layout)
        return False


def _read(layout: Layout, indexes: NDArray[np.int64], values: Sequence[bytes | None]) -> Read:
    fits, uuids, fields = layout.read(values)  # type: ignore[arg-type]
    if not fits.all():
        indexes, uuids, fields = indexes[fits], uuids[fits], fields[fits]
    return Read(indexes, uuids, fields)
