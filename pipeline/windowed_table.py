"""The windowed table: halves that wait for their partner, keyed by uuid, on event time.

Two halves of one uuid are a pair when their event times differ by at most the window, in either order. The table knows no
clock and no Kafka: what leaves it unanswered is taken out by whoever knows the join's time (`lane.py`).

A fetch is matched as a whole, a few passes over it in C. One half after the other is for fetches in which that would not
come to the same: where a partner is too far away, or a client waits with several visits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.halves import PLACE, STAMP, Half, Side
from pipeline.visits import Visits

T = TypeVar("T")


@dataclass(slots=True)
class Matched:
    """What a fetch of one side did: its pairs, and the halves that go aside."""

    uuids: Sequence[int] = field(default_factory=list)
    mine: Sequence[Half] = field(default_factory=list)
    theirs: Sequence[Half] = field(default_factory=list)
    late: list[Half] = field(default_factory=list)
    duplicates: list[Half] = field(default_factory=list)


class WindowedTable:
    """Waiting halves of both sides.

    Args:
        window_ms: how far apart in event time the halves of a pair may be.
    """

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self._sides = Visits(window_ms), Visits(window_ms)

    def add(self, side: Side, uuids: Sequence[int], halves: Sequence[Half], door_ms: int | None) -> Matched:
        """Takes in halves of one side, in their order.

        Args:
            side: which topic they are of.
            uuids: one for each of `halves`.
            halves: the records.
            door_ms: a half from before it that finds no partner is late; None while there is no time yet.
        """
        door = float("-inf") if door_ms is None else door_ms
        partners = self._sides[side.other]
        if partners.several:
            return self._add_singly(side, uuids, halves, door)
        taken = list(map(partners.single.pop, uuids, repeat(None)))
        met = [index for index, partner in enumerate(taken) if partner is not None]
        found = Matched(_at(met, uuids), _at(met, halves), _at(met, taken))  # type: ignore[arg-type]  # none is None
        if met and self._any_too_far(found):
            partners.single.update(zip(found.uuids, found.theirs, strict=True))
            return self._add_singly(side, uuids, halves, door)
        if len(met) < len(taken):
            alone = [index for index, partner in enumerate(taken) if partner is None]
            self._wait(side, _at(alone, uuids), _at(alone, halves), door, found)
        return found

    def remove(self, side: Side, uuids: Iterable[int], places: Iterable[int]) -> list[Half]:
        """Takes out halves that wait, by their places in the ledger."""
        visits = self._sides[side]
        return [visits.remove(uuid, place) for uuid, place in zip(uuids, places, strict=True)]

    def waiting(self, side: Side) -> int:
        """How many halves of a side wait."""
        return len(self._sides[side])

    def _any_too_far(self, found: Matched) -> bool:
        return bool((np.abs(stamps_of(found.mine) - stamps_of(found.theirs)) > self.window_ms).any())

    def _wait(
        self, side: Side, uuids: Sequence[int], halves: Sequence[Half], door: float, found: Matched
    ) -> None:
        """Has halves wait that have no partner; all at once where each is its client's only one."""
        visits, new = self._sides[side], dict(zip(uuids, halves, strict=True))
        again = len(new) < len(halves) or visits.has_any(new)
        if again or min(map(itemgetter(STAMP), halves)) < door:
            for uuid, half in zip(uuids, halves, strict=True):
                self._wait_singly(side, uuid, half, door, found)
        else:
            visits.single.update(new)

    def _add_singly(self, side: Side, uuids: Sequence[int], halves: Sequence[Half], door: float) -> Matched:
        found, partners, pairs = Matched(), self._sides[side.other], []
        for uuid, half in zip(uuids, halves, strict=True):
            partner = partners.take_partner(uuid, half[STAMP])
            if partner is None:
                self._wait_singly(side, uuid, half, door, found)
            else:
                pairs.append((uuid, half, partner))
        if pairs:
            found.uuids, found.mine, found.theirs = zip(*pairs, strict=True)
        return found

    def _wait_singly(self, side: Side, uuid: int, half: Half, door: float, found: Matched) -> None:
        if half[STAMP] < door:
            found.late.append(half)
        else:
            found.duplicates += self._sides[side].keep(uuid, half)


def stamps_of(halves: Sequence[Half]) -> NDArray[np.int64]:
    """Event times in ms."""
    return np.fromiter(map(itemgetter(STAMP), halves), np.int64, len(halves))


def places_of(halves: Sequence[Half]) -> NDArray[np.int64]:
    """Places in the ledger of their side."""
    return np.fromiter(map(itemgetter(PLACE), halves), np.int64, len(halves))


def _at(indexes: Sequence[int], values: Sequence[T]) -> Sequence[T]:
    return values if len(indexes) == len(values) else [values[index] for index in indexes]
