"""The halves of one side that wait: of nearly every client one, of a client who came again one a visit.

Two halves of a client and side that are at most a window apart are one visit sent twice, and the newer replaces the older.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from operator import itemgetter

from pipeline.halves import PLACE, STAMP, Half

_stamp = itemgetter(STAMP)


class Visits:
    """Waiting halves by uuid.

    Args:
        window_ms: from which distance on two halves are two visits.

    Attributes:
        single: the half of a client who waits for one partner; open to whoever works on whole fetches.
        several: those of a client who waits for more, in the order of their times.
    """

    def __init__(self, window_ms: int) -> None:
        self.single: dict[int, Half] = {}
        self.several: dict[int, list[Half]] = {}
        self._window_ms = window_ms

    def __len__(self) -> int:
        return len(self.single) + sum(map(len, self.several.values()))

    def has_any(self, uuids: Collection[int]) -> bool:
        """Whether one of these clients waits."""
        return not (self.single.keys().isdisjoint(uuids) and self.several.keys().isdisjoint(uuids))

    def take_partner(self, uuid: int, stamp: int) -> Half | None:
        """Takes out the half that is nearest to a time, if it is within the window."""
        visits = self._of(uuid)
        at = bisect_left(visits, stamp, key=_stamp)
        near = visits[max(0, at - 1) : at + 1]
        nearest = min(near, key=lambda half: abs(half[STAMP] - stamp), default=None)
        if nearest is None or abs(nearest[STAMP] - stamp) > self._window_ms:
            return None
        return self.remove(uuid, nearest[PLACE])

    def keep(self, uuid: int, half: Half) -> list[Half]:
        """Has a half wait; those that it replaces."""
        visits, stamp = self._of(uuid), half[STAMP]
        first = bisect_left(visits, stamp - self._window_ms, key=_stamp)
        after = bisect_right(visits, stamp + self._window_ms, key=_stamp)
        replaced = visits[first:after]
        visits[first:after] = [half]
        self._put(uuid, visits)
        return replaced

    def remove(self, uuid: int, place: int) -> Half:
        """Takes out the half at a place of the ledger."""
        visits = self._of(uuid)
        half = visits.pop(next(index for index, one in enumerate(visits) if one[PLACE] == place))
        self._put(uuid, visits)
        return half

    def _of(self, uuid: int) -> list[Half]:
        one = self.single.get(uuid)
        return [one] if one is not None else self.several.get(uuid, [])

    def _put(self, uuid: int, visits: list[Half]) -> None:
        if len(visits) > 1:
            self.several[uuid] = visits
            self.single.pop(uuid, None)
        else:
            self.several.pop(uuid, None)
            if visits:
                self.single[uuid] = visits[0]
            else:
                del self.single[uuid]
