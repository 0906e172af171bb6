"""Everything that was sent for one client, and what must follow: answers, and reasons for the side output."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from liftstream.prove.traffic.manifest import Sent
from liftstream.prove.verifier.evidence import RecordPlace

ALONE = frozenset({"timeout"})
APART = frozenset({"timeout", "late"})
CROWD = frozenset({"timeout", "late", "duplicate"})
IN_DOUBT = "ambiguous"
"""The reason that is right for any half read again after a crash, if there is no exact record of what was answered."""


@dataclass
class ClientHistory:
    """All records of one client, and what must become of them."""

    uuid: int
    records: list[Sent]
    window_ms: int
    reached: Mapping[RecordPlace, int] = field(default_factory=dict)
    """The event time up to which the partition had been read when each record came."""

    @cached_property
    def pairs(self) -> list[tuple[Sent, Sent]]:
        """Disjoint pairs of halves within the window, as many as there are, earliest first."""
        left, right = (
            sorted((one for one in self.records if one.side == side), key=lambda one: one.stamp_ms)
            for side in (0, 1)
        )
        found = []
        for half in left:
            near = [one for one in right if abs(one.stamp_ms - half.stamp_ms) <= self.window_ms]
            if near:
                right.remove(near[0])
                found.append((half, near[0]))
        return found

    @property
    def scored(self) -> bool:
        """Whether the model has a score for this client."""
        return self.records[0].kind == "half"

    @cached_property
    def displaced(self) -> bool:
        """Whether a half came when its partner may have been given up, so that it may be late itself.

        Either others of its partition were already more than the window past one of them, or it was sent more than the
        window after its partner although its event time says otherwise: a feeder that gets no processor for seconds.
        """
        gaps = [abs(left.sent_ms - right.sent_ms) for left, right in self.pairs]
        if max(gaps, default=0) > self.window_ms:
            return True
        paired = {place_of(half): pair for pair in self.pairs for half in pair}
        for one in self.records:
            place = place_of(one)
            earliest = min(half.stamp_ms for half in paired.get(place, (one,)))
            if self.reached.get(place, 0) > earliest + self.window_ms:
                return True
        return False

    @property
    def answerable(self) -> bool:
        """Whether there may be an answer."""
        return self.scored and bool(self.pairs)

    @cached_property
    def owed(self) -> int:
        """How many answers there must be at least: one for every visit, if no half can belong to two of them."""
        if not self.answerable or self.displaced or self._replaceable:
            return 0
        times = sorted(max(half.stamp_ms for half in pair) for pair in self.pairs)
        return 1 + sum(later - earlier > 2 * self.window_ms for earlier, later in pairwise(times))

    @property
    def _replaceable(self) -> bool:
        """Whether a half that was sent twice may replace the one that has a partner, and be too far from it itself."""
        if len(self.records) == 2 * len(self.pairs):
            return False
        left, right = ([one.stamp_ms for one in self.records if one.side == side] for side in (0, 1))
        return any(abs(one - other) > self.window_ms for one in left for other in right)

    @property
    def values(self) -> set[int]:
        """The values that answers may have."""
        return {value for pair in self.pairs for half in pair for value in half.values}

    def reasons(self) -> frozenset[str]:
        """The reasons with which records of this client may be put aside."""
        if not self.scored:
            return frozenset({"invalid"}) if self.pairs else APART
        if self.displaced:
            return CROWD
        if len(self.records) == 2 * len(self.pairs) == 2:
            return frozenset()
        sides = {one.side for one in self.records}
        return ALONE if len(self.records) == 1 else APART if len(sides) == len(self.records) == 2 else CROWD


def by_client(sent: Sequence[Sent], window_ms: int) -> Mapping[int, ClientHistory]:
    """The clients of all readable records, by uuid."""
    records: dict[int, list[Sent]] = defaultdict(list)
    newest: dict[tuple[int, int], int] = {}
    reached: dict[RecordPlace, int] = {}
    for one in sorted(sent, key=lambda record: record.offset):
        before = reached[place_of(one)] = newest.get((one.side, one.partition), 0)
        newest[one.side, one.partition] = max(before, min(one.stamp_ms, one.sent_ms))
        if one.uuid is not None and one.kind != "invalid":
            records[one.uuid].append(one)
    return {uuid: ClientHistory(uuid, found, window_ms, reached) for uuid, found in records.items()}


def place_of(record: Sent) -> RecordPlace:
    """The place of a record."""
    return RecordPlace(record.side, record.partition, record.offset)


def where(records: Iterable[Sent]) -> str:
    """Records in words."""
    return " and ".join(
        f"{('demographic', 'historic')[one.side]} {one.partition}@{one.offset} of {one.stamp_ms}"
        for one in records
    )
