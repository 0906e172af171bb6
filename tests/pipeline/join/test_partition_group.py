"""What a poll brings of many partitions is one batch; each group in it is joined as if it were alone."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.fetch import Partition
from pipeline.join.results import Aside, JoinCounts, JoinResults
from pipeline.join.watermark import IDLE_AFTER_MS
from pipeline.join.windowed_join import Join
from testbed.examples import examples
from testbed.reference_join import Record, join
from testbed.task_stream import Side, decoders, fetch_of

LANES, WINDOW, FAR = 3, 10, 10**15
TOPICS = "demographic", "historic"

Place = tuple[int, int, int]
"""Partition group, side and offset."""


def partition(group: int, side: int) -> Partition:
    return Partition(TOPICS[side], group)


class Run:
    """A join of several groups, each of two partitions; notes what comes out."""

    def __init__(self) -> None:
        groups = [{partition(group, side): side for side in Side} for group in range(LANES)]
        self.positions = {name: 0 for group in groups for name in group}
        self.counts = JoinCounts()
        self.join = Join(decoders(), groups, self.positions, WINDOW, 10**6, self.counts)
        self.pairs: set[tuple[Place, Place]] = set()
        self.aside: dict[Place, str] = {}
        self.written_to: set[tuple[int, int]] = set()

    def poll(self, fetches: Mapping[tuple[int, int], list[Record]]) -> None:
        taken = self.join.take(
            [(partition(group, side), fetch_of(records)) for (group, side), records in fetches.items()], FAR
        )
        self.note(taken)
        self.put_aside([*taken.aside, *self.join.advance({})])

    def note(self, taken: JoinResults) -> None:
        if not taken.pairs:
            return
        sides = []
        for side in Side:
            sources, offsets = self.join.trackers[side].located(taken.pairs.places[side])
            groups = [self.join.sources.names[source].partition for source in sources]
            sides.append([(group, int(side), at) for group, at in zip(groups, offsets.tolist(), strict=True)])
            self.written_to |= set(zip(groups, taken.pairs.written_to.tolist(), strict=True))
        self.pairs |= set(zip(*sides, strict=True))
        self.join.positions.resolve_pairs(taken.pairs)

    def put_aside(self, aside: Iterable[Aside]) -> None:
        for one in aside:
            self.aside[one.partition.partition, one.side, one.offset] = one.reason
        self.join.positions.resolve_aside(list(aside))


def cut_up(records: list[Record], cuts: set[int]) -> list[list[Record]]:
    ends = sorted(cuts | {0, len(records)})
    return [found for a, b in pairwise(ends) if (found := records[a:b])]


@st.composite
def logs(draw: st.DrawFn, *, unique: bool = False) -> list[list[list[list[Record]]]]:
    """By group and side: fetches; no client is in two groups. Where clients are unique, topics are in order."""
    found = []
    for group in range(LANES):
        sides = []
        for side in (0, 1):
            uuids = draw(st.lists(st.integers(100 * group, 100 * group + 8), max_size=8, unique=unique))
            stamps = draw(st.lists(st.integers(0, 60), min_size=len(uuids), max_size=len(uuids)))
            pieces = enumerate(zip(uuids, sorted(stamps) if unique else stamps, strict=True))
            records = [Record(side, uuid, stamp, offset) for offset, (uuid, stamp) in pieces]
            sides.append(cut_up(records, draw(st.sets(st.integers(1, 7)))))
        found.append(sides)
    return found


@given(logs(), st.data())
@examples(150)
def test_every_lane_is_joined_as_if_it_were_alone(
    log: list[list[list[list[Record]]]], data: st.DataObject
) -> None:
    run, fed = Run(), [list[list[Record]]() for _ in range(LANES)]
    while any(fetches for sides in log for fetches in sides):
        poll = {}
        for group, sides in enumerate(log):
            left = [side for side in (0, 1) if sides[side]]
            side = data.draw(st.sampled_from([*left, None])) if left else None
            if side is not None:
                poll[group, side] = sides[side].pop(0)
                fed[group].append(poll[group, side])
        if poll:
            run.poll(poll)
    pairs, aside = set(), {}
    for group in range(LANES):
        found, others = join(fed[group], WINDOW)
        pairs |= {((group, 0, a.offset), (group, 1, b.offset)) for a, b in found}
        aside |= {(group, one.side, one.offset): reason for one, reason in others.items()}
    assert run.pairs == pairs
    assert run.aside == aside
    assert all(group == written_to for group, written_to in run.written_to)


@given(logs(unique=True), st.data())
@examples(150)
def test_where_topics_are_in_order_no_way_to_poll_them_changes_what_is_answered(
    log: list[list[list[list[Record]]]], data: st.DataObject
) -> None:
    halves = [r for sides in log for fetches in sides for fetch in fetches for r in fetch]
    by_side = [{r.uuid: r for r in halves if r.side == side} for side in (0, 1)]
    run = Run()
    while any(fetches for sides in log for fetches in sides):
        waiting = [(group, side) for group in range(LANES) for side in (0, 1) if log[group][side]]
        chosen = data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True))
        run.poll({(group, side): log[group][side].pop(0) for group, side in chosen})
    both = by_side[0].keys() & by_side[1].keys()
    near = {uuid for uuid in both if abs(by_side[0][uuid].stamp - by_side[1][uuid].stamp) <= WINDOW}
    assert {pair[0] for pair in run.pairs} == {(uuid // 100, 0, by_side[0][uuid].offset) for uuid in near}


def test_a_lane_in_which_a_half_waits_holds_back_its_own_commit_only() -> None:
    run = Run()
    run.poll(
        {(group, side): [Record(side, 100 * group, 1000, 0)] for group in range(LANES) for side in (0, 1)}
    )
    run.poll({(1, 0): [Record(0, 101, 1001, 1)]})
    cuts = run.join.positions.to_commit(WINDOW)
    begin, end = {partition(1, 0): 0, partition(1, 1): 0}, dict.fromkeys(run.positions, 1)
    assert cuts == [{name: (begin | end | begin)[name] for name in group} for group in cuts]


def test_time_of_one_lane_says_nothing_of_another() -> None:
    run = Run()
    run.poll({(0, 0): [Record(0, 1, 100, 0)], (1, 0): [Record(0, 101, 100, 0)]})
    run.poll({(0, side): [Record(side, 2, 9_000, 1 - side)] for side in (0, 1)})
    assert run.aside == {(0, 0, 0): "timeout"}
    for idle_ms in (0, IDLE_AFTER_MS, 10**6):
        run.put_aside(run.join.advance({partition(1, side): idle_ms for side in (0, 1)}))
    assert run.aside == {(0, 0, 0): "timeout", (1, 0, 0): "timeout"}
