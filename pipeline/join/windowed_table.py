"""The windowed table: halves that wait for their partner, keyed by uuid, on event time.

Two halves of one uuid are a pair when their event times differ by at most the window, in either order. The table knows no
clock and no Kafka: what leaves it unanswered is taken out by whoever knows the watermark (`windowed_join.py`).

A fetch is matched as a whole, a few passes over it in C. One half after the other is for fetches in which that would not
come to the same: where a partner is too far away, or a client waits with several waiting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from pipeline.join.waiting import NOBODY, Waiting
from pipeline.records.halves import Halves, Side


@dataclass(slots=True)
class Matched:
    """What a fetch of one side did: its pairs (uuids and both halves), late halves with their uuids, and halves that were
    replaced; None: there are none."""

    uuids: list[int] = field(default_factory=list)
    mine: Halves | None = None
    theirs: Halves | None = None
    late: Halves | None = None
    late_uuids: list[int] = field(default_factory=list)
    duplicates: Halves | None = None


class WindowedTable:
    """Waiting halves of both sides.

    Args:
        window_ms: how far apart in event time the halves of a pair may be.
    """

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self._sides = Waiting(Side.DEMOGRAPHIC, window_ms), Waiting(Side.HISTORIC, window_ms)

    def add(
        self, side: Side, uuids: Sequence[int], halves: Halves, late_before_ms: NDArray[np.int64]
    ) -> Matched:
        """Takes in halves of one side, in their order.

        Args:
            side: which topic they are of.
            uuids: one for each of `halves`.
            halves: the records.
            late_before_ms: for each: from before it, a half that finds no partner is late.
        """
        partners = self._sides[side.other]
        if partners.any_came_again:
            return self._add_singly(side, uuids, halves, late_before_ms)
        slots = partners.take_all(uuids)
        met, found = slots != NOBODY, Matched()
        if met.any():
            found.mine, taken = halves.where(met), slots[met]
            if (np.abs(found.mine.stamps - partners.slots.stamps[taken]) > self.window_ms).any():
                partners.put_back(uuids, slots)
                return self._add_singly(side, uuids, halves, late_before_ms)
            found.uuids, found.theirs = _chosen(uuids, met), partners.slots.take(taken)
        if len(found.uuids) < len(uuids):
            self._have_wait(side, uuids, halves, ~met, late_before_ms, found)
        return found

    def remove(self, side: Side, uuids: Iterable[int], places: Iterable[int]) -> Halves:
        """Takes out halves that wait, by their places in the tracker."""
        waiting = self._sides[side]
        return waiting.slots.take(waiting.take_places(uuids, places))

    def waiting(self, side: Side) -> int:
        """How many halves of a side wait."""
        return len(self._sides[side])

    def _have_wait(
        self,
        side: Side,
        uuids: Sequence[int],
        halves: Halves,
        alone: NDArray[np.bool_],
        late_before_ms: NDArray[np.int64],
        found: Matched,
    ) -> None:
        """Has the halves wait that are alone and not late."""
        waiting = self._sides[side]
        late = alone & (halves.stamps < late_before_ms)
        if late.any():
            found.late, found.late_uuids = halves.at(late), _chosen(uuids, late)
            alone = alone & ~late
        replaced = waiting.keep_all(_chosen(uuids, alone), waiting.slots.put(halves.where(alone)))
        found.duplicates = _taken(waiting, replaced)

    def _add_singly(
        self, side: Side, uuids: Sequence[int], halves: Halves, late_before_ms: NDArray[np.int64]
    ) -> Matched:
        mine, partners = self._sides[side], self._sides[side.other]
        old = (halves.stamps < late_before_ms).tolist()
        slots = mine.slots.put(halves).tolist()
        pairs: list[tuple[int, int, int]] = []
        late: list[tuple[int, int]] = []
        replaced: list[int] = []
        for uuid, stamp, slot, is_old in zip(uuids, halves.stamps.tolist(), slots, old, strict=True):
            partner = partners.take_partner(uuid, stamp)
            if partner != NOBODY:
                pairs.append((uuid, slot, partner))
            elif is_old:
                late.append((uuid, slot))
            else:
                replaced += mine.keep(uuid, slot)
        found = Matched(late=_taken(mine, [slot for _, slot in late]), duplicates=_taken(mine, replaced))
        found.late_uuids = [uuid for uuid, _ in late]
        if pairs:
            found.uuids = [uuid for uuid, _, _ in pairs]
            found.mine = _taken(mine, [slot for _, slot, _ in pairs])
            found.theirs = _taken(partners, [slot for _, _, slot in pairs])
        return found


def _taken(waiting: Waiting, slots: list[int]) -> Halves | None:
    return waiting.slots.take(np.array(slots, np.int64)) if slots else None


def _chosen(uuids: Sequence[int], mask: NDArray[np.bool_]) -> list[int]:
    return list(compress(uuids, mask.tolist()))


def meet(demographic: Matched, historic: Matched, window_ms: int) -> Matched | None:
    """Late halves of both sides that came together: the pairs among them, from the historic side; None: there are none."""
    mine, theirs = historic.late, demographic.late
    if mine is None or theirs is None:
        return None
    table, never = WindowedTable(window_ms), np.iinfo(np.int64).min
    table.add(Side.DEMOGRAPHIC, demographic.late_uuids, theirs, np.full(len(theirs), never))
    return table.add(Side.HISTORIC, historic.late_uuids, mine, np.full(len(mine), never))


def without(late: Matched, paired: Halves | None) -> Halves | None:
    """The late halves that are in no pair."""
    if late.late is None or paired is None:
        return late.late
    left = ~np.isin(late.late.places, paired.places)
    return late.late.at(left) if left.any() else None
