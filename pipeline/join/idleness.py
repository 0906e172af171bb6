"""Idleness: how long partitions have been read to their end, and so how far the watermark may advance without records.

Seconds count only while the process runs and the broker answers. After a break (the broker was down, or this process
was frozen) producers need time to come back, too: one of librdkafka waits up to ten seconds before it connects again.
And a worker that was frozen may have lost its partitions without knowing it yet. So the count starts again some time
after a break.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

BREAK_S: Final = 5.0
"""A gap between two looks as long as this means that the whole process stood still."""
AFTER_BREAK_S: Final = 15.0

Name = TypeVar("Name")


class Ends(NamedTuple, Generic[Name]):
    """What is known of partitions without asking the broker.

    Attributes:
        reached: read to their end, by a broker that answered lately.
        away: one is read to the end that we know of, and the broker has not answered since.
        ages_s: how old that knowledge is, by partition; what is missing is of now. An answer says what there was when
            it was asked for, and may be long on its way.
    """

    reached: Collection[Name]
    away: bool = False
    ages_s: Mapping[Name, float] = {}


class Idleness(Generic[Name]):
    """Counts the time without records; knows no clock."""

    def __init__(self) -> None:
        self._since: dict[Name, float] = {}
        self._looked, self._counts_from = float("inf"), float("-inf")

    def look(self, now_s: float, names: Iterable[Name], ends: Ends[Name]) -> dict[Name, int]:
        """For how many ms each of the partitions that are at their end has been so.

        Args:
            now_s: of a clock that never goes back.
            names: the partitions that were looked at.
            ends: what was seen of them.
        """
        self.watch(now_s)
        if ends.away:
            self._counts_from = now_s + AFTER_BREAK_S
        for name in names:
            if name not in ends.reached:
                self._since.pop(name, None)
        return {name: self._idle_ms(name, now_s - ends.ages_s.get(name, 0)) for name in ends.reached}

    def _idle_ms(self, name: Name, known_s: float) -> int:
        begin = max(self._since.setdefault(name, known_s), self._counts_from)
        return max(0, int(1000 * (known_s - begin)))

    def watch(self, now_s: float) -> None:
        """Notes that the process goes on; to be called about once a second, also where there are no partitions."""
        if now_s - self._looked > BREAK_S:
            self._counts_from = now_s + AFTER_BREAK_S
        self._looked = now_s

    def read(self, name: Name) -> None:
        """A partition had records."""
        self._since.pop(name, None)

    def forget(self) -> None:
        """Other partitions from now on; a break stays one."""
        self._since.clear()
