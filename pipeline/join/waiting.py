"""The waiting halves of one side, by client: usually one per client, for a client who came again one per visit.

Two halves of a client and side that are at most a window apart are one visit sent twice, and the newer replaces the older.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np

from liftstream.streams.ids import Id
from pipeline.join.slots import SlotNumbers, Slots

NOBODY = -1
"""In the place of the slot of a half that is not there."""


class Waiting:
    """Waiting halves, by uuid and slot.

    Args:
        window_ms: from which distance on two halves are two visits.
        width: how many features each has.
        own_times: whether event times are fields of the records, not Kafka's.

    Attributes:
        slots: the halves themselves.
    """

    def __init__(self, window_ms: int, width: int, *, own_times: bool = False) -> None:
        self.slots = Slots(width, own_times=own_times)
        self._single: dict[Id, int] = {}
        self._several: dict[Id, list[int]] = {}
        self._window_ms = window_ms

    def __len__(self) -> int:
        return len(self._single) + sum(map(len, self._several.values()))

    @property
    def any_came_again(self) -> bool:
        """Whether a client waits with several visits: then whole fetches cannot be matched at once."""
        return bool(self._several)

    def take_all(self, uuids: Sequence[Id]) -> SlotNumbers:
        """Takes out the half of every client, `NOBODY` where there is none. Needs all to wait with one visit."""
        return np.fromiter(map(self._single.pop, uuids, repeat(NOBODY)), np.int64, len(uuids))

    def find_all(self, uuids: Sequence[Id]) -> SlotNumbers:
        """As `take_all`, but leaves them where they are."""
        return np.fromiter(map(self._single.get, uuids, repeat(NOBODY)), np.int64, len(uuids))

    def put_back(self, uuids: Iterable[Id], slots: SlotNumbers) -> None:
        """Undoes `take_all`."""
        taken = ((uuid, slot) for uuid, slot in zip(uuids, slots.tolist(), strict=True) if slot != NOBODY)
        self._single.update(taken)

    def keep_all(self, uuids: Sequence[Id], slots: SlotNumbers) -> list[int]:
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

    def keep(self, uuid: Id, slot: int) -> list[int]:
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

    def near(self, uuid: Id, stamp: int) -> list[int]:
        """The slots of a client's halves that are within the window of a time, the earlier first: two at most."""
        visits = self._of(uuid)
        if not visits:
            return []
        at = bisect_left(visits, stamp, key=self._stamp)
        near = visits[max(0, at - 1) : at + 1]
        return [slot for slot in near if abs(self._stamp(slot) - stamp) <= self._window_ms]

    def take(self, uuid: Id, slot: int) -> None:
        """Takes out a half of a client."""
        self._put(uuid, [one for one in self._of(uuid) if one != slot])

    def take_places(self, uuids: Iterable[Id], places: Iterable[int]) -> SlotNumbers:
        """Takes out the halves of these clients at these places of the tracker."""
        slots = [self._at_place(uuid, place) for uuid, place in zip(uuids, places, strict=True)]
        return np.array(slots, np.int64)

    def _keep_singly(self, uuids: Iterable[Id], slots: Iterable[int]) -> list[int]:
        return [gone for uuid, slot in zip(uuids, slots, strict=True) for gone in self.keep(uuid, slot)]

    def _at_place(self, uuid: Id, place: int) -> int:
        slot = next(slot for slot in self._of(uuid) if self.slots.places[slot] == place)
        self.take(uuid, slot)
        return slot

    def _stamp(self, slot: int) -> int:
        return int(self.slots.stamps[slot])

    def _of(self, uuid: Id) -> list[int]:
        one = self._single.get(uuid)
        return [one] if one is not None else self._several.get(uuid, [])

    def _put(self, uuid: Id, visits: list[int]) -> None:
        self._several.pop(uuid, None)
        self._single.pop(uuid, None)
        if len(visits) > 1:
            self._several[uuid] = visits
        elif visits:
            self._single[uuid] = visits[0]
