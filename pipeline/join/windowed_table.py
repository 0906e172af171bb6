"""The windowed table: halves that wait for their partner, keyed by uuid, on event time.

Two halves of one uuid are a pair when their event times differ by at most the window, in either order. The table knows no
clock and no Kafka: what leaves it unanswered is taken out by whoever knows the join's time (`join.py`).

A fetch is matched as a whole, a few passes over it in C. One half after the other is for fetches in which that would not
come to the same: where a partner is too far away, or a client waits with several visits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from pipeline.join.halves import Halves, Side
from pipeline.join.waiting import NOBODY, Visits


@dataclass(slots=True)
class Matched:
    """What a fetch of one side did: its pairs (uuids and both halves), and the halves that go aside; None: there are none."""

    uuids: list[int] = field(default_factory=list)
    mine: Halves | None = None
    theirs: Halves | None = None
    late: Halves | None = None
    duplicates: Halves | None = None


class WindowedTable:
    """Waiting halves of both sides.

    Args:
        window_ms: how far apart in event time the halves of a pair may be.
    """

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self._sides = Visits(Side.DEMOGRAPHIC, window_ms), Visits(Side.HISTORIC, window_ms)

    def add(self, side: Side, uuids: Sequence[int], halves: Halves, doors_ms: NDArray[np.int64]) -> Matched:
        """Takes in halves of one side, in their order.

        Args:
            side: which topic they are of.
            uuids: one for each of `halves`.
            halves: the records.
            doors_ms: for each: from before it, a half that finds no partner is late.
        """
        partners = self._sides[side.other]
        if partners.any_came_again:
            return self._add_singly(side, uuids, halves, doors_ms)
        slots = partners.take_all(uuids)
        met, found = slots != NOBODY, Matched()
        if met.any():
            found.mine, taken = halves.where(met), slots[met]
            if (np.abs(found.mine.stamps - partners.shelf.stamps[taken]) > self.window_ms).any():
                partners.put_back(uuids, slots)
                return self._add_singly(side, uuids, halves, doors_ms)
            found.uuids, found.theirs = _chosen(uuids, met), partners.shelf.take(taken)
        if len(found.uuids) < len(uuids):
            self._have_wait(side, uuids, halves, ~met, doors_ms, found)
        return found

    def remove(self, side: Side, uuids: Iterable[int], places: Iterable[int]) -> Halves:
        """Takes out halves that wait, by their places in the ledger."""
        visits = self._sides[side]
        return visits.shelf.take(visits.take_places(uuids, places))

    def waiting(self, side: Side) -> int:
        """How many halves of a side wait."""
        return len(self._sides[side])

    def _have_wait(
        self,
        side: Side,
        uuids: Sequence[int],
        halves: Halves,
        alone: NDArray[np.bool_],
        doors_ms: NDArray[np.int64],
        found: Matched,
    ) -> None:
        """Has the halves wait that are alone and not late."""
        visits = self._sides[side]
        late = alone & (halves.stamps < doors_ms)
        if late.any():
            found.late, alone = halves.at(late), alone & ~late
        replaced = visits.keep_all(_chosen(uuids, alone), visits.shelf.put(halves.where(alone)))
        found.duplicates = _taken(visits, replaced)

    def _add_singly(
        self, side: Side, uuids: Sequence[int], halves: Halves, doors_ms: NDArray[np.int64]
    ) -> Matched:
        mine, partners = self._sides[side], self._sides[side.other]
        old = (halves.stamps < doors_ms).tolist()
        slots = mine.shelf.put(halves).tolist()
        pairs: list[tuple[int, int, int]] = []
        late: list[int] = []
        replaced: list[int] = []
        for uuid, stamp, slot, is_old in zip(uuids, halves.stamps.tolist(), slots, old, strict=True):
            partner = partners.take_partner(uuid, stamp)
            if partner != NOBODY:
                pairs.append((uuid, slot, partner))
            elif is_old:
                late.append(slot)
            else:
                replaced += mine.keep(uuid, slot)
        found = Matched(late=_taken(mine, late), duplicates=_taken(mine, replaced))
        if pairs:
            found.uuids = [uuid for uuid, _, _ in pairs]
            found.mine = _taken(mine, [slot for _, slot, _ in pairs])
            found.theirs = _taken(partners, [slot for _, _, slot in pairs])
        return found


def _taken(visits: Visits, slots: list[int]) -> Halves | None:
    return visits.shelf.take(np.array(slots, np.int64)) if slots else None


def _chosen(uuids: Sequence[int], mask: NDArray[np.bool_]) -> list[int]:
    return list(compress(uuids, mask.tolist()))
