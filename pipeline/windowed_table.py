"""The windowed table: halves that wait for their partner, keyed by uuid, on event time.

Two halves of one uuid are a pair when their event times differ by at most the window, in either order. The table knows
no clock and no Kafka: what leaves it unanswered is taken out by whoever knows the join's time (`lane.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.halves import Half, Side


@dataclass(slots=True)
class Matched:
    """What a fetch of one side did: its pairs, and the halves that go aside."""

    uuids: list[int] = field(default_factory=list)
    mine: list[Half] = field(default_factory=list)
    theirs: list[Half] = field(default_factory=list)
    late: list[tuple[int, Half]] = field(default_factory=list)
    duplicates: list[tuple[int, Half]] = field(default_factory=list)


class WindowedTable:
    """Waiting halves of both sides; at most one a uuid and side.

    Args:
        window_ms: how far apart in event time the halves of a pair may be.
    """

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self._waiting: tuple[dict[int, Half], dict[int, Half]] = ({}, {})

    def add(self, side: Side, uuids: Iterable[int], halves: Iterable[Half], door_ms: int | None) -> Matched:
        """Takes in halves of one side, in their order.

        Args:
            side: which topic they are of.
            uuids: one for each of `halves`.
            halves: the records.
            door_ms: a half from before it that finds no partner is late; None while there is no time yet.
        """
        found = Matched()
        window, waiting, partners = self.window_ms, self._waiting[side], self._waiting[side.other]
        take, door = partners.pop, float("-inf") if door_ms is None else door_ms
        for uuid, half in zip(uuids, halves, strict=True):
            partner = take(uuid, None)
            if partner is not None:
                if -window <= half[0] - partner[0] <= window:
                    found.uuids.append(uuid)
                    found.mine.append(half)
                    found.theirs.append(partner)
                    continue
                partners[uuid] = partner  # too far apart to be a pair: it goes on waiting
            if half[0] < door:
                found.late.append((uuid, half))
                continue
            if uuid in waiting:
                found.duplicates.append((uuid, waiting[uuid]))
            waiting[uuid] = half
        return found

    def remove(self, side: Side, uuids: Iterable[int]) -> list[tuple[int, Half]]:
        """Takes out halves that wait; their uuids with them."""
        waiting = self._waiting[side]
        return [(uuid, waiting.pop(uuid)) for uuid in uuids]

    def waiting(self, side: Side) -> int:
        """How many halves of a side wait."""
        return len(self._waiting[side])
