"""The windowed table: halves that wait for their partners, keyed by id, on event time.

Halves of one id, one of every side, are a pair when their event times lie within the window, in any order. (With one
side each is a pair by itself; with three or more a pair has as many halves.) The table has no clock and no Kafka:
`windowed_join.py`, which has the watermark, takes expired halves out.

A fetch is matched as a whole, in a few passes in C. Halves are matched one by one only if the result could differ: if
a partner is too far away, or a client has several waiting halves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.ids import Id
from pipeline.join.slot_index import NOBODY
from pipeline.join.slots import SlotNumbers
from pipeline.join.waiting import Waiting
from pipeline.records.feature_rows import FeatureRows
from pipeline.records.halves import Halves
from pipeline.records.id_columns import Ids, as_ids


def _no_ids() -> Ids:
    return np.empty(0, object)


@dataclass(slots=True)
class Matched:
    """What a fetch of one side did: its pairs (ids, its halves, and those of the other sides in their order), late
    halves with their ids, and halves that were replaced; None: there are none."""

    uuids: Ids = field(default_factory=_no_ids)
    mine: Halves | None = None
    theirs: tuple[Halves, ...] = ()
    late: Halves | None = None
    late_uuids: Ids = field(default_factory=_no_ids)
    duplicates: Halves | None = None


class WindowedTable:
    """Waiting halves of every side.

    Args:
        window_ms: how far apart in event time the halves of a pair may be.
        widths: how many features the halves of each side have.
        id_column: what numpy keeps ids in.
        own_times: whether event times of each side are fields of its records; default: of none.
    """

    def __init__(
        self, window_ms: int, widths: Sequence[int], id_column: type, own_times: Sequence[bool] | None = None
    ) -> None:
        self.window_ms, self._id_column = window_ms, id_column
        own = own_times or [False] * len(widths)
        self._sides = tuple(
            Waiting(window_ms, width, id_column, own_times=is_own)
            for width, is_own in zip(widths, own, strict=True)
        )

    def add(self, side: int, uuids: Ids, halves: Halves, late_before_ms: NDArray[np.int64]) -> Matched:
        """Takes in halves of one side, in their order.

        Args:
            side: which topic they are of.
            uuids: one for each of `halves`.
            halves: the records.
            late_before_ms: for each: from before it, a half that finds no partner is late.
        """
        partners = self._partners(side)
        slots = self._slots(partners, uuids)
        if slots is None:
            return self._add_singly(side, uuids, halves, late_before_ms)
        met, found = _all_there(slots, len(uuids)), Matched()
        if met.any():
            mine, taken = halves.where(met), [column[met] for column in slots]
            if self._some_are_apart(mine, partners, taken):
                self._put_back(partners, uuids, slots)
                return self._add_singly(side, uuids, halves, late_before_ms)
            found.mine, found.uuids = mine, uuids[met]
            if len(partners) > 1:
                for partner in partners:
                    partner.take_all(found.uuids)
            found.theirs = tuple(
                partner.slots.take(column) for partner, column in zip(partners, taken, strict=True)
            )
        if len(found.uuids) < len(uuids):
            self._have_wait(side, uuids, halves, ~met, late_before_ms, found)
        return found

    def add_late(self, side: int, uuids: Ids, halves: Halves) -> tuple[Matched, NDArray[np.bool_]]:
        """Late halves once more, after all that came with them: their pairs, and which have to wait for those that follow.

        One that waits must not replace one that is not late.
        """
        mine, pairs = self._sides[side], []
        slots, waits = mine.slots.put(halves).tolist(), np.zeros(len(uuids), bool)
        for at, (uuid, stamp, slot) in enumerate(
            zip(uuids.tolist(), halves.stamps.tolist(), slots, strict=True)
        ):
            partners = self._take_partners(side, uuid, stamp)
            if partners is not None:
                pairs.append((uuid, slot, *partners))
            elif not mine.near(uuid, stamp):
                mine.keep(uuid, slot)
                waits[at] = True
        found = self._paired(side, pairs)
        done = {slot for _, slot, *_ in pairs}
        left = [
            slot for slot, stays in zip(slots, waits.tolist(), strict=True) if not stays and slot not in done
        ]
        _taken(mine, left)
        return found, waits

    def remove(self, side: int, uuids: Iterable[Id], places: Iterable[int]) -> Halves:
        """Takes out halves that wait, by their places in the tracker."""
        waiting = self._sides[side]
        return waiting.slots.take(waiting.take_places(uuids, places))

    def waiting(self, side: int) -> int:
        """How many halves of a side wait."""
        return len(self._sides[side])

    def waiting_rows(self, side: int) -> tuple[FeatureRows, SlotNumbers]:
        """Features of the halves of a side by slot, and the slots of those that wait."""
        slots = self._sides[side].slots
        return slots.rows, slots.in_use()

    def _partners(self, side: int) -> list[Waiting]:
        return [waiting for number, waiting in enumerate(self._sides) if number != side]

    def _slots(self, partners: Sequence[Waiting], uuids: Ids) -> list[SlotNumbers] | None:
        """The slots of every partner, those of a single one taken out; None where whole fetches cannot be matched at once."""
        if any(partner.any_came_again for partner in partners):
            return None
        if len(partners) == 1:
            return [partners[0].take_all(uuids)]
        if len(partners) > 1 and len(set(uuids.tolist())) < len(uuids):
            return None
        return [partner.find_all(uuids) for partner in partners]

    def _put_back(self, partners: Sequence[Waiting], uuids: Ids, slots: Sequence[SlotNumbers]) -> None:
        """Undoes `_slots`."""
        if len(partners) == 1:
            partners[0].put_back(uuids, slots[0])

    def _some_are_apart(
        self, mine: Halves, partners: Sequence[Waiting], slots: Sequence[SlotNumbers]
    ) -> bool:
        """Whether halves that are all there are not within the window."""
        first = last = mine.stamps
        for partner, column in zip(partners, slots, strict=True):
            stamps = partner.slots.stamps[column]
            first, last = np.minimum(first, stamps), np.maximum(last, stamps)
        apart = (last - first).view(
            np.uint64
        )  # from the earliest time to the latest is more than a signed number holds
        return bool((apart > self.window_ms).any())

    def _have_wait(
        self,
        side: int,
        uuids: Ids,
        halves: Halves,
        alone: NDArray[np.bool_],
        late_before_ms: NDArray[np.int64],
        found: Matched,
    ) -> None:
        """Has the halves wait that are alone and not late."""
        waiting = self._sides[side]
        late = alone & (halves.stamps < late_before_ms)
        if late.any():
            found.late, found.late_uuids = halves.at(late), uuids[late]
            alone = alone & ~late
        replaced = waiting.keep_all(uuids[alone], waiting.slots.put(halves.where(alone)))
        found.duplicates = _taken(waiting, replaced)

    def _add_singly(
        self, side: int, uuids: Ids, halves: Halves, late_before_ms: NDArray[np.int64]
    ) -> Matched:
        mine = self._sides[side]
        old = (halves.stamps < late_before_ms).tolist()
        slots = mine.slots.put(halves).tolist()
        pairs: list[tuple[Id, *tuple[int, ...]]] = []
        late: list[tuple[Id, int]] = []
        replaced: list[int] = []
        for uuid, stamp, slot, is_old in zip(uuids.tolist(), halves.stamps.tolist(), slots, old, strict=True):
            partners = self._take_partners(side, uuid, stamp)
            if partners is not None:
                pairs.append((uuid, slot, *partners))
            elif is_old:
                late.append((uuid, slot))
            else:
                replaced += mine.keep(uuid, slot)
        found = self._paired(side, pairs)
        found.late, found.duplicates = _taken(mine, [slot for _, slot in late]), _taken(mine, replaced)
        found.late_uuids = as_ids([uuid for uuid, _ in late], self._id_column)
        return found

    def _take_partners(self, side: int, uuid: Id, stamp: int) -> tuple[int, ...] | None:
        """Takes out a half of every other side, those that are nearest to each other and to a time; None: one is missing."""
        partners = self._partners(side)
        near = [partner.near(uuid, stamp) for partner in partners]
        if not all(near):
            return None

        def spread(slots: tuple[int, ...]) -> int:
            times = [int(one.slots.stamps[slot]) for one, slot in zip(partners, slots, strict=True)]
            return max(stamp, *times) - min(stamp, *times)

        chosen = min(product(*near), key=spread)
        if spread(chosen) > self.window_ms:
            return None
        for partner, slot in zip(partners, chosen, strict=True):
            partner.take(uuid, slot)
        return chosen

    def _paired(self, side: int, pairs: Sequence[tuple[Id, *tuple[int, ...]]]) -> Matched:
        """Pairs of an id, the slot of the half of this side, and those of its partners."""
        if not pairs:
            return Matched()
        uuids, slots, *others = zip(*pairs, strict=True)
        mine = self._sides[side].slots.take(np.array(slots, np.int64))
        theirs = tuple(
            partner.slots.take(np.array(one, np.int64))
            for partner, one in zip(self._partners(side), others, strict=True)
        )
        return Matched(as_ids(uuids, self._id_column), mine, theirs)


def _all_there(slots: Sequence[SlotNumbers], count: int) -> NDArray[np.bool_]:
    """Where no partner is missing."""
    if not slots:
        return np.ones(count, bool)
    met: NDArray[np.bool_] = slots[0] != NOBODY
    for column in slots[1:]:
        met = met & (column != NOBODY)
    return met


def _taken(waiting: Waiting, slots: list[int]) -> Halves | None:
    return waiting.slots.take(np.array(slots, np.int64)) if slots else None
