"""The slot of each id that waits: in a dict for texts; for integers in arrays, where whole polls are looked up at once.

A dict holds every id as an object. Of those that came with a poll hardly one is still in the processor's cache when its
partner comes, so a lookup takes several times as long as in a program that does nothing else.
"""

import secrets
from itertools import repeat
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.ids import Id
from pipeline.join.slots import SlotNumbers
from pipeline.records.id_columns import Ids

NOBODY: Final = -1
"""In the place of the slot of an id that does not wait."""

GONE: Final = -2
"""In the place of the slot of an id that waited: searches for others go on behind it. A cell without an id has `NOBODY`."""
SMALLEST: Final = 4096
"""Cells."""
FEW: Final = 32
"""Ids that are looked up one by one: so many cost as much as the calls that look up any number."""
WORD: Final = 2**64 - 1
"""All bits of one."""
SCATTER: Final = secrets.randbits(64) | 1
"""Nobody outside of the process knows it, so nobody can write ids that all fall into one cell."""
MIX: Final = 0xBF58476D1CE4E5B9
"""Of splitmix64 (Steele, Lea and Flood 2014): spreads what differs in few bits over all of them."""


class SlotIndex(Protocol):
    """Slots by id; an id has one at most."""

    def __len__(self) -> int: ...

    def find_all(self, ids: Ids) -> SlotNumbers:
        """The slot of each id, `NOBODY` where there is none."""

    def take_all(self, ids: Ids) -> SlotNumbers:
        """As `find_all`, and takes them out; of an id that is asked for twice only the first has it."""

    def keep_all(self, ids: Ids, slots: SlotNumbers) -> SlotNumbers:
        """Puts in ids that have no slot yet, with slots that no id has; the slot that each has then."""

    def find(self, one: Id) -> int:
        """The slot of an id, or `NOBODY`."""

    def put(self, one: Id, slot: int) -> None:
        """Gives a slot to an id that has none."""

    def remove(self, one: Id) -> None:
        """Takes out an id, if it is there."""


def slot_index(id_column: type) -> SlotIndex:
    """An empty index for ids that numpy keeps as int64, or as objects: texts."""
    return IntegerIndex() if id_column is np.int64 else TextIndex()


class TextIndex(dict[Any, int]):
    """A dict."""

    def find_all(self, ids: Ids) -> SlotNumbers:
        """See `SlotIndex`."""
        return np.fromiter(map(self.find, ids.tolist()), np.int64, len(ids))

    def take_all(self, ids: Ids) -> SlotNumbers:
        """See `SlotIndex`."""
        return np.fromiter(map(self.pop, ids.tolist(), repeat(NOBODY)), np.int64, len(ids))

    def keep_all(self, ids: Ids, slots: SlotNumbers) -> SlotNumbers:
        """See `SlotIndex`."""
        return np.fromiter(map(self.setdefault, ids.tolist(), slots.tolist()), np.int64, len(ids))

    def find(self, one: Id) -> int:
        """See `SlotIndex`."""
        slot: int = self.get(one, NOBODY)
        return slot

    def put(self, one: Id, slot: int) -> None:
        """See `SlotIndex`."""
        self[one] = slot

    def remove(self, one: Id) -> None:
        """See `SlotIndex`."""
        self.pop(one, None)


class IntegerIndex:
    """A hash table with open addressing and double hashing (Knuth, The Art of Computer Programming 3, 6.4, algorithm D).

    A cell has an id and its slot. An id keeps its cell when it waits no more, until a new table is made; half of the
    cells at least are without an id, so that every search ends soon.
    """

    _live = 0
    """How many ids there are."""
    _used = 0
    """How many cells have an id; a few more, where several were wanted by two ids at once."""

    def __init__(self) -> None:
        self._start(SMALLEST)

    def __len__(self) -> int:
        return self._live

    def find_all(self, ids: Ids) -> SlotNumbers:
        """See `SlotIndex`."""
        if len(ids) < FEW:
            return np.array([self.find(one) for one in ids.tolist()], np.int64)
        return np.maximum(self._slots[self._cells(ids)].astype(np.int64), NOBODY)

    def take_all(self, ids: Ids) -> SlotNumbers:
        """See `SlotIndex`."""
        if len(ids) < FEW:
            return np.array([self._take(one) for one in ids.tolist()], np.int64)
        cells = self._cells(ids)
        slots = np.maximum(self._slots[cells].astype(np.int64), NOBODY)
        there = np.flatnonzero(slots != NOBODY)
        cells, order = cells[there], np.arange(len(there), dtype=np.int32)
        self._slots[cells[::-1]] = order[::-1]  # of equal indexes the last one stays
        again = there[self._slots[cells] != order]
        self._slots[cells] = GONE
        slots[again] = NOBODY
        self._leave(len(there) - len(again))
        return slots

    def keep_all(self, ids: Ids, slots: SlotNumbers) -> SlotNumbers:
        """See `SlotIndex`."""
        self._make_room(len(ids))
        if len(ids) < FEW:
            return np.array(list(map(self._keep, ids.tolist(), slots.tolist())), np.int64)
        cells, steps = self._hashed(ids)
        left = np.arange(len(ids))
        while len(left):
            new = left[self._slots[cells[left]] == NOBODY][::-1]  # of equal indexes the last one stays
            self._ids[cells[new]], self._slots[cells[new]] = ids[new], slots[new]
            self._used += len(new)
            left = self._go_on(left, cells, steps, ids)
        again = np.flatnonzero(self._slots[cells] == GONE)[::-1]
        self._slots[cells[again]] = slots[again]
        found = self._slots[cells].astype(np.int64)
        self._live += int(np.count_nonzero(found == slots))
        return found

    def find(self, one: Id) -> int:
        """See `SlotIndex`."""
        slot: int = self._slot_at[self._cell(one)]
        return max(slot, NOBODY)

    def put(self, one: Id, slot: int) -> None:
        """See `SlotIndex`."""
        self._make_room(1)
        self._keep(one, slot)

    def remove(self, one: Id) -> None:
        """See `SlotIndex`."""
        self._take(one)

    def _take(self, one: Id) -> int:
        cell = self._cell(one)
        slot: int = self._slot_at[cell]
        if slot < 0:
            return NOBODY
        self._slot_at[cell] = GONE
        self._leave(1)
        return slot

    def _keep(self, one: Id, slot: int) -> int:
        cell = self._cell(one)
        kept: int = self._slot_at[cell]
        if kept >= 0:
            return kept
        self._used += kept == NOBODY
        self._live += 1
        self._id_at[cell], self._slot_at[cell] = int(one), slot
        return slot

    def _cells(self, ids: Ids) -> NDArray[np.int64]:
        """The cell of each id; where it has none, the one without an id at which the search for it ends."""
        cells, steps = self._hashed(ids)
        left = np.arange(len(ids))
        while len(left):
            left = self._go_on(left, cells, steps, ids)
        return cells

    def _go_on(
        self, asked: NDArray[np.int64], cells: NDArray[np.int64], steps: NDArray[np.int64], ids: Ids
    ) -> NDArray[np.int64]:
        """Moves those of some searches that do not end at the cells that they have come to; which they are."""
        here = cells[asked]
        left: NDArray[np.int64] = asked[(self._slots[here] != NOBODY) & (self._ids[here] != ids[asked])]
        cells[left] = (cells[left] + steps[left]) & self._last
        return left

    def _cell(self, one: Id) -> int:
        """As `_cells`."""
        mixed = int(one) * SCATTER & WORD
        mixed = (mixed ^ mixed >> 32) * MIX & WORD
        cell, step = mixed >> 64 - self._bits, mixed >> 64 - 2 * self._bits & self._last | 1
        while self._slot_at[cell] != NOBODY and self._id_at[cell] != one:
            cell = cell + step & self._last
        return cell

    def _hashed(self, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the search for each id begins, and its steps, which are odd, so that it comes to every cell."""
        mixed = ids.view(np.uint64) * np.uint64(SCATTER)
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(MIX)
        steps = (mixed >> np.uint64(64 - 2 * self._bits)) & np.uint64(self._last) | np.uint64(1)
        return (mixed >> np.uint64(64 - self._bits)).view(np.int64), steps.view(np.int64)

    def _leave(self, count: int) -> None:
        self._live -= count
        if not self._live and len(self._slots) > SMALLEST:
            self._start(SMALLEST)  # what a burst has needed is given back

    def _make_room(self, count: int) -> None:
        """Makes a new table where this one would be fuller than half."""
        if 2 * (self._used + count) <= len(self._slots):
            return
        live = np.flatnonzero(self._slots >= 0)
        ids, slots = self._ids[live], self._slots[live].astype(np.int64)
        self._start(max(SMALLEST, 1 << (4 * (len(live) + count) - 1).bit_length()))
        self.keep_all(ids, slots)

    def _start(self, size: int) -> None:
        """An empty table; its size is a power of two."""
        self._slots, self._ids = np.full(size, NOBODY, np.int32), np.empty(size, np.int64)
        self._slot_at, self._id_at = self._slots.data, self._ids.data
        self._bits, self._last = size.bit_length() - 1, size - 1
        self._live, self._used = 0, 0
