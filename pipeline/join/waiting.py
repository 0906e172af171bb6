"""The waiting halves of one side, by client: usually one per client, for a client who came again one per visit.

Two halves of a client and side that are at most a window apart are one visit sent twice, and the newer replaces the older.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np

from liftstream.streams.ids import Id
from pipeline.join.slot_index import NOBODY, slot_index
from pipeline.join.slots import SlotNumbers, Slots
from pipeline.records.id_columns import Ids


class Waiting:
    """Waiting halves, by uuid and slot.

    Args:
        window_ms: from which distance on two halves are two visits.
        width: how many features each has.
        id_column: what numpy keeps ids in.
        own_times: whether event times are fields of the records, not Kafka's.

    Attributes:
        slots: the halves themselves.
    """

    def __init__(self, window_ms: int, width: int, id_column: type, *, own_times: bool = False) -> None:
        self.slots = Slots(width, own_times=own_times)
        self._single = slot_index(id_column)
        self._several: dict[Id, list[int]] = {}
        self._window_ms = window_ms

    def __len__(self) -> int:
        return len(self._single) + sum(map(len, self._several.values()))

    @property
    def any_came_again(self) -> bool:
        """Whether a client waits with several visits: then whole fetches cannot be matched at once."""
        return bool(self._several)

    def take_all(self, uuids: Ids) -> SlotNumbers:
        """Takes out the half of every client, `NOBODY` where there is none. Needs all to wait with one visit."""
        return self._single.take_all(uuids)

    def find_all(self, uuids: Ids) -> SlotNumbers:
        """As `take_all`, but leaves them where they are."""
        return self._single.find_all(uuids)

    def put_back(self, uuids: Ids, slots: SlotNumbers) -> None:
        """Undoes `take_all`."""
        taken = slots != NOBODY
        self._single.keep_all(uuids[taken], slots[taken])

    def keep_all(self, uuids: Ids, slots: SlotNumbers) -> list[int]:
        """Has halves wait, in their order; the slots of those that they replace."""
        if self._several:
            return self._keep_singly(uuids, slots)
        again = np.flatnonzero(self._single.keep_all(uuids, slots) != slots)
        return self._keep_singly(uuids[again], slots[again])

    def keep(self, uuid: Id, slot: int) -> list[int]:
        """Has a half wait; the slots of those that it replaces."""
        visits = self._of(uuid)
        if not visits:
            self._single.put(uuid, slot)
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

    def _keep_singly(self, uuids: Ids, slots: SlotNumbers) -> list[int]:
        kept = zip(uuids.tolist(), slots.tolist(), strict=True)
        return [gone for uuid, slot in kept for gone in self.keep(uuid, slot)]

    def _at_place(self, uuid: Id, place: int) -> int:
        slot = next(slot for slot in self._of(uuid) if self.slots.places[slot] == place)
        self.take(uuid, slot)
        return slot

    def _stamp(self, slot: int) -> int:
        return int(self.slots.stamps[slot])

    def _of(self, uuid: Id) -> list[int]:
        one = self._single.find(uuid)
        return [one] if one != NOBODY else self._several.get(uuid, [])

    def _put(self, uuid: Id, visits: list[int]) -> None:
        self._several.pop(uuid, None)
        self._single.remove(uuid)
        if len(visits) > 1:
            self._several[uuid] = visits
        elif visits:
            self._single.put(uuid, visits[0])
