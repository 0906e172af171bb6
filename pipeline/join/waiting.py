"""The halves of one side that wait, by client: of nearly every client one, of a client who came again one a visit.

Two halves of a client and side that are at most a window apart are one visit sent twice, and the newer replaces the older.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np

from pipeline.join.slots import SlotNumbers, Slots
from pipeline.records.halves import Side

NOBODY = -1
"""In the place of the slot of a half that is not there."""


class Waiting:
    """Waiting halves, by uuid and slot.

    Args:
        side: which topic they are of.
        window_ms: from which distance on two halves are two visits.

    Attributes:
        slots: the halves themselves.
    """

    def __init__(self, side: Side, window_ms: int) -> None:
        self.slots = Slots(side)
        self._single: dict[int, int] = {}
        self._several: dict[int, list[int]] = {}
        self._window_ms = window_ms

    def __len__(self) -> int:
        return len(self._single) + sum(map(len, self._several.values()))

    @property
    def any_came_again(self) -> bool:
        """Whether a client waits with several visits: then whole fetches cannot be matched at once."""
        return bool(self._several)

    def take_all(self, uuids: Sequence[int]) -> SlotNumbers:
        """Takes out the half of every client, `NOBODY` where there is none. Needs all to wait with one visit."""
        return np.fromiter(map(self._single.pop, uuids, repeat(NOBODY)), np.int64, len(uuids))

    def put_back(self, uuids: Iterable[int], slots: SlotNumbers) -> None:
        """Undoes `take_all`."""
        taken = ((uuid, slot) for uuid, slot in zip(uuids, slots.tolist(), strict=True) if slot != NOBODY)
        self._single.update(taken)

    def keep_all(self, uuids: Sequence[int], slots: SlotNumbers) -> list[int]:
        """Has halves wait, in their order; the slots of those that they replace."""
        if self._several:
            return self._keep_singly(uuids, slots.tolist())
        if not uuids:
            return []
        there = np.fromiter(map(self._single.setdefault, uuids, slots.tolist()), np.int64, len(uuids))
        again = np.flatnonzero(there != slots)
        if not len(again):
            return []
        return self._keep_singly([uuids[index] for index in again.tolist()], slots[again].tolist())

    def keep(self, uuid: int, slot: int) -> list[int]:
        """Has a half wait; the slots of those that it replaces."""
        visits = self._of(uuid)
        if not visits:
            self._single[uuid] = slot
            return []
        stamp = self._stamp(slot)
        first = bisect_left(visits, stamp - self._window_ms, key=self._stamp)
        after = bisect_right(visits, stamp + self._window_ms, key=self._stamp)
        replaced = visits[first:after]
        visits[first:after] = [slot]
        self._put(uuid, visits)
        return replaced

    def take_partner(self, uuid: int, stamp: int) -> int:
        """Takes out the half that is nearest to a time, if it is within the window; its slot, or `NOBODY`."""
        visits = self._of(uuid)
        if not visits:
            return NOBODY
        at = bisect_left(visits, stamp, key=self._stamp)
        near = visits[max(0, at - 1) : at + 1]
        nearest = min(near, key=lambda slot: abs(self._stamp(slot) - stamp))
        if abs(self._stamp(nearest) - stamp) > self._window_ms:
            return NOBODY
        self._remove(uuid, nearest)
        return nearest

    def take_places(self, uuids: Iterable[int], places: Iterable[int]) -> SlotNumbers:
        """Takes out the halves of these clients at these places of the tracker."""
        slots = [self._at_place(uuid, place) for uuid, place in zip(uuids, places, strict=True)]
        return np.array(slots, np.int64)

    def _keep_singly(self, uuids: Iterable[int], slots: Iterable[int]) -> list[int]:
        return [gone for uuid, slot in zip(uuids, slots, strict=True) for gone in self.keep(uuid, slot)]

    def _at_place(self, uuid: int, place: int) -> int:
        slot = next(slot for slot in self._of(uuid) if self.slots.places[slot] == place)
        self._remove(uuid, slot)
        return slot

    def _stamp(self, slot: int) -> int:
        return int(self.slots.stamps[slot])

    def _of(self, uuid: int) -> list[int]:
        one = self._single.get(uuid)
        return [one] if one is not None else self._several.get(uuid, [])

    def _remove(self, uuid: int, slot: int) -> None:
        self._put(uuid, [one for one in self._of(uuid) if one != slot])

    def _put(self, uuid: int, visits: list[int]) -> None:
        self._several.pop(uuid, None)
        self._single.pop(uuid, None)
        if len(visits) > 1:
            self._several[uuid] = visits
        elif visits:
            self._single[uuid] = visits[0]
