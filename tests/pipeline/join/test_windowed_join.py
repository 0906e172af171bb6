"""The join against its reference: any order, duplicates, late and missing halves, any split into fetches, any restart."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.fetch import Fetch, Partition
from pipeline.join.partition_group import Restart
from pipeline.join.results import JoinCounts, JoinResults
from pipeline.join.watermark import IDLE_AFTER_MS, UNDERWAY_MS
from pipeline.join.windowed_join import Join
from testbed.examples import examples
from testbed.reference_join import Record, join
from testbed.task_stream import Side, decoders, fetch_of

WINDOW = 10
FAR = 10**15
PARTITIONS = Partition("demographic", 0), Partition("historic", 0)
SIDES = {PARTITIONS[0]: Side.DEMOGRAPHIC, PARTITIONS[1]: Side.HISTORIC}


class Run:
    """A join that is fed and notes what comes out, by (side, offset)."""

    def __init__(
        self,
        positions: tuple[int, int] = (0, 0),
        *,
        max_waiting: int = 10**6,
        restart: Restart | None = None,
        window: int = WINDOW,
    ) -> None:
        self.counts = JoinCounts()
        begin = dict(zip(PARTITIONS, positions, strict=True))
        self.join = Join(decoders(), [SIDES], begin, window, max_waiting, self.counts, [restart or Restart()])
        self.pairs: set[tuple[int, int, int]] = set()
        self.aside: dict[tuple[int, int], str] = {}
        self.open: list[JoinResults] = []

    def feed(self, fetch: list[Record], *, resolve: bool = True, now: int = FAR) -> None:
        taken = self.join.take([(PARTITIONS[fetch[0].side], fetch_of(fetch))], now)
        taken.aside += self.join.advance({}) + self.join.overflow()
        self.note(taken)
        self.open.append(taken)
        if resolve:
            self.resolve()
        self.check()

    def idle(self, **ms: int) -> None:
        """Time passes with topics at their end."""
        sides = {"demographic": PARTITIONS[0], "historic": PARTITIONS[1]}
        taken = JoinResults(aside=self.join.advance({sides[name]: value for name, value in ms.items()}))
        self.note(taken)
        self.open.append(taken)
        self.resolve()

    def note(self, taken: JoinResults) -> None:
        if taken.pairs:
            offsets = [
                self.join.trackers[side].located(taken.pairs.places[side])[1].tolist() for side in (0, 1)
            ]
            self.pairs.update(zip(taken.pairs.uuids.tolist(), *offsets, strict=True))
        for one in taken.aside:
            self.aside[one.side, one.offset] = one.reason

    def resolve(self) -> None:
        for taken in self.open:
            if taken.pairs:
                self.join.positions.resolve_pairs(taken.pairs)
            self.join.positions.resolve_aside(taken.aside)
        self.open = []

    def check(self) -> None:
        counts = self.counts
        assert counts.read == 2 * counts.joined + counts.aside.total() + self.join.waiting + counts.returned
        assert self.join.waiting == sum(int(tracker.waiting.sum()) for tracker in self.join.trackers)

    def to_commit(self) -> tuple[int, int]:
        (cut,) = self.join.positions.to_commit(WINDOW)
        return cut[PARTITIONS[0]], cut[PARTITIONS[1]]


def one(side: int, uuid: int, stamp: int, offset: int) -> Record:
    return Record(side, uuid, stamp, offset)


@st.composite
def fetches(draw: st.DrawFn, *, unique: bool = False, orderly: bool = False) -> list[list[Record]]:
    """Two topics' records cut into fetches, interleaved in any way."""
    sides = []
    for side in (0, 1):
        uuids = draw(st.lists(st.integers(1, 12), max_size=12, unique=unique))
        stamps = draw(st.lists(st.integers(0, 60), min_size=len(uuids), max_size=len(uuids)))
        stamps = sorted(stamps) if orderly else stamps
        records = [
            one(side, uuid, stamp, offset)
            for offset, (uuid, stamp) in enumerate(zip(uuids, stamps, strict=True))
        ]
        cuts = sorted(draw(st.sets(st.integers(1, 11))) | {0, len(records)})
        sides.append([cut for a, b in pairwise(cuts) if (cut := records[a:b])])
    order = draw(st.permutations([0] * len(sides[0]) + [1] * len(sides[1])))
    streams = iter(sides[0]), iter(sides[1])
    return [next(streams[side]) for side in order]


def named(pairs: set[tuple[Record, Record]]) -> set[tuple[int, int, int]]:
    return {(a.uuid, a.offset, b.offset) for a, b in pairs}


@given(fetches())
@examples(400)
def test_pairs_and_reasons_are_those_of_the_reference(log: list[list[Record]]) -> None:
    run = Run()
    for fetch in log:
        run.feed(fetch)
    pairs, aside = join(log, WINDOW)
    assert run.pairs == named(pairs)
    assert run.aside == {(record.side, record.offset): reason for record, reason in aside.items()}


@given(fetches(unique=True, orderly=True))
@examples(300)
def test_where_topics_are_in_order_no_split_and_no_interleaving_changes_what_is_answered(
    log: list[list[Record]],
) -> None:
    run = Run()
    for fetch in log:
        run.feed(fetch)
    halves: list[dict[int, Record]] = [
        {r.uuid: r for fetch in log for r in fetch if r.side == side} for side in (0, 1)
    ]
    near = {
        uuid
        for uuid in halves[0].keys() & halves[1].keys()
        if abs(halves[0][uuid].stamp - halves[1][uuid].stamp) <= WINDOW
    }
    assert {uuid for uuid, _, _ in run.pairs} == near


@given(fetches(unique=True, orderly=True), st.data())
@examples(300)
def test_any_restart_gives_the_same_pairs_with_and_without_the_state_file(
    log: list[list[Record]], data: st.DataObject
) -> None:
    whole = Run()
    for fetch in log:
        whole.feed(fetch)
    stop = data.draw(st.integers(0, len(log)))
    before = Run()
    for index, fetch in enumerate(log[:stop]):
        before.feed(fetch, resolve=index + 2 < stop)  # the last ones are under way when it is killed
    cut = before.to_commit()
    exact = data.draw(st.booleans())
    resolved = before.join.positions.resolved_from(dict(zip(PARTITIONS, cut, strict=True)))
    known = Restart(
        {
            name: frozenset(offset for first, last in runs.tolist() for offset in range(first, last + 1))
            for name, runs in resolved.items()
        }
    )
    after = Run(cut, restart=known if exact else Restart(doubtful=True))
    records = [
        [r for fetch in log for r in fetch if r.side == side and r.offset >= cut[side]] for side in (0, 1)
    ]
    queue = [r for pair in zip(*records, strict=False) for r in pair]  # any order will do: take turns
    queue += records[0][len(records[1]) :] + records[1][len(records[0]) :]
    for record in queue:
        after.feed([record])
    assert before.pairs | after.pairs == whole.pairs
    alone = {where for where, reason in after.aside.items() if reason in ("timeout", "late")}
    answered = {(side, pair[1 + side]) for pair in before.pairs for side in (0, 1)}
    assert not alone & answered
    if exact:
        assert "ambiguous" not in after.aside.values()


@pytest.mark.parametrize("apart", [WINDOW - 1, WINDOW, WINDOW + 1])
@pytest.mark.parametrize("first", [0, 1])
def test_halves_are_a_pair_up_to_exactly_the_window_in_either_order(apart: int, first: int) -> None:
    run = Run()
    run.feed([one(first, 7, 1000, 0)])
    run.feed([one(1 - first, 7, 1000 + apart, 0)])
    assert bool(run.pairs) == (apart <= WINDOW)


@pytest.mark.parametrize(("earlier", "later"), [(-1, 2**63 - 1), (-(2**62), 2**62), (0, 2**63 - 1)])
def test_event_times_that_are_further_apart_than_a_signed_number_holds_are_no_pair(
    earlier: int, later: int
) -> None:
    run = Run()
    run.feed([one(0, 1, later, 0)])
    run.feed([one(1, 1, earlier, 0)])
    assert not run.pairs


def test_a_half_without_partner_leaves_when_both_topics_have_passed_it_by_more_than_the_window() -> None:
    run = Run()
    run.feed([one(0, 1, 100, 0)])
    run.feed([one(1, 2, 100 + WINDOW, 0)])
    run.feed([one(0, 3, 100 + WINDOW, 1)])
    assert run.aside == {}
    run.feed([one(0, 4, 200, 2)])
    assert run.aside == {}  # the slower topic holds time
    run.feed([one(1, 5, 101 + WINDOW, 1)])
    assert run.aside == {(0, 0): "timeout"}


def test_after_both_topics_are_read_to_their_end_time_goes_on_by_the_seconds_that_pass() -> None:
    run = Run(window=5000)
    run.feed([one(0, 1, 1_000_000, 0)])
    run.idle(demographic=2900, historic=2900)
    run.idle(demographic=5000 + UNDERWAY_MS, historic=5000 + UNDERWAY_MS)
    assert run.aside == {}
    run.idle(demographic=5001 + UNDERWAY_MS, historic=5001 + UNDERWAY_MS)
    assert run.aside == {(0, 0): "timeout"}


def test_a_half_at_the_end_of_its_partners_window_finds_it_although_it_was_on_its_way_for_a_while() -> None:
    run = Run(window=2000)
    run.feed([one(0, 1, 10_000, 0)])
    run.feed([one(1, 2, 10_000, 0)])
    run.idle(demographic=2000 + UNDERWAY_MS, historic=2000 + UNDERWAY_MS)
    run.feed([one(1, 1, 12_000, 1)])
    assert run.pairs == {(1, 0, 1)}


def test_a_half_finds_its_partner_although_its_own_topic_was_quiet_and_the_other_went_on_a_little() -> None:
    run = Run(window=2000)
    run.feed([one(1, 2, 10_000, 0)])
    run.feed([one(0, 1, 20_000, 0)])
    run.idle(historic=10_000)
    run.feed([one(0, 3, 22_500, 1)])
    run.idle(historic=12_500)
    run.feed([one(1, 1, 22_000, 1)])
    assert run.pairs == {(1, 0, 1)}


@pytest.mark.parametrize("before", [0, 600_000])
def test_a_topic_at_its_end_lets_go_of_time_only_after_others_have_led_it_for_a_while(before: int) -> None:
    run = Run()
    run.feed([one(0, 1, 1000, 0)])
    run.feed([one(0, 2, 99_000, 1)])
    run.idle(historic=before)
    run.idle(historic=before + IDLE_AFTER_MS - 1)
    assert run.aside == {}
    run.idle(historic=before + IDLE_AFTER_MS)
    assert run.aside == {(0, 0): "timeout"}


@pytest.mark.parametrize("quiet_s", [5, 20, 60, 3600])
@pytest.mark.parametrize("first", list(Side))
def test_what_was_held_up_on_its_way_finds_its_partners_a_moment_later_however_long_it_was_quiet(
    quiet_s: int, first: Side
) -> None:
    run = Run(window=3000)
    second = Side(1 - first)
    names = {Side.DEMOGRAPHIC: "demographic", Side.HISTORIC: "historic"}
    for side in Side:
        run.feed([Record(side, 1, 1000, 0)])
    run.idle(demographic=1000 * quiet_s, historic=1000 * quiet_s)
    burst = [[Record(side, 2 + n, 1100 + 100 * n, 1 + n) for n in range(400)] for side in Side]
    run.feed(burst[first])
    run.idle(**{names[second]: 1000 * quiet_s + 100})
    run.idle(**{names[first]: 200, names[second]: 1000 * quiet_s + 1500})
    run.feed(burst[second])
    assert len(run.pairs) == 401
    assert not run.aside
    run.idle(demographic=3000 + UNDERWAY_MS, historic=3000 + UNDERWAY_MS)
    run.feed([Record(first, 900, 41_100, 401)])
    run.idle(demographic=3001 + UNDERWAY_MS, historic=60_000)
    run.idle(demographic=7000 + UNDERWAY_MS, historic=64_000)
    assert run.aside == {(first, 401): "timeout"}


def test_a_burst_that_reaches_one_topic_first_after_both_were_quiet_makes_nobody_of_the_other_late() -> None:
    run = Run(window=2000)
    for side in (0, 1):
        run.feed([one(side, 1, 1000, 0)])
    run.idle(demographic=4000, historic=4000)
    run.feed([one(0, 2, 5000, 1), one(0, 3, 9000, 2)])
    run.idle(historic=4100)
    run.idle(historic=4600)
    run.feed([one(1, 2, 5000, 1), one(1, 3, 9000, 2)])
    assert {uuid for uuid, _, _ in run.pairs} == {1, 2, 3}
    assert run.aside == {}


def test_a_client_from_the_future_does_not_make_a_backlog_late() -> None:
    run = Run()
    for side in (0, 1):
        run.feed([one(side, 1, 90_000_000, 0), one(side, 2, 1000, 1)], now=5_000_000)
    for side in (0, 1):
        run.feed([one(side, 3, 1001, 2)], now=5_000_001)
    assert {uuid for uuid, _, _ in run.pairs} == {1, 2, 3}
    assert run.aside == {}


def test_a_record_from_the_future_does_not_make_the_others_late() -> None:
    run = Run()
    run.feed([one(0, 1, 90_000_000, 0)], now=1000)
    run.feed([one(1, 1, 90_000_000, 0)], now=1000)
    run.feed([one(0, 2, 995, 1)], now=1001)
    run.feed([one(1, 2, 996, 1)], now=1002)
    assert {uuid for uuid, _, _ in run.pairs} == {1, 2}
    assert run.aside == {}
    assert run.to_commit() == (2, 2)


def test_the_client_may_come_again() -> None:
    run = Run()
    for visit in range(3):
        run.feed([one(0, 5, 100 * visit, visit)])
        run.feed([one(1, 5, 100 * visit + 1, visit)])
    assert run.pairs == {(5, 0, 0), (5, 1, 1), (5, 2, 2)}


def test_visits_of_one_client_that_are_read_at_once_are_each_a_pair() -> None:
    run = Run()
    run.feed([one(0, 5, 100 * visit, visit) for visit in range(4)])
    assert run.join.waiting == 4
    run.feed([one(1, 5, 100 * visit + 1, 3 - visit) for visit in (3, 2, 1, 0)])
    assert run.pairs == {(5, visit, 3 - visit) for visit in range(4)}
    assert run.aside == {}


def test_a_half_that_could_belong_to_two_visits_belongs_to_the_nearer_one() -> None:
    run = Run()
    run.feed([one(0, 5, 100, 0), one(0, 5, 112, 1)])
    run.feed([one(1, 5, 104, 0), one(1, 5, 113, 1)])
    assert run.pairs == {(5, 0, 0), (5, 1, 1)}


def test_a_half_sent_twice_replaces_only_the_visit_it_repeats() -> None:
    run = Run()
    run.feed([one(0, 5, 100, 0), one(0, 5, 200, 1), one(0, 5, 203, 2), one(0, 5, 300, 3)])
    assert run.aside == {(0, 1): "duplicate"}
    run.feed([one(1, 5, 301, 0), one(1, 5, 201, 1)])
    assert run.pairs == {(5, 3, 0), (5, 2, 1)}
    assert run.aside == {(0, 1): "duplicate", (0, 0): "timeout"}


def test_what_was_resolved_before_a_restart_is_read_also_where_it_comes_last() -> None:
    run = Run(restart=Restart({PARTITIONS[0]: frozenset({1, 2}), PARTITIONS[1]: frozenset({0})}))
    run.feed([one(0, 1, 100, 0), one(0, 2, 101, 1), one(0, 3, 102, 2)])
    run.feed([one(1, 2, 101, 0)])
    assert [run.join.positions.next_of(name) for name in PARTITIONS] == [3, 1]
    assert run.counts.passed_over == 3
    run.idle(demographic=UNDERWAY_MS + 100, historic=UNDERWAY_MS + 100)
    assert run.aside == {(0, 0): "timeout"}
    assert run.to_commit() == (3, 1)


def test_beyond_the_bound_the_oldest_halves_go_aside() -> None:
    run = Run(max_waiting=3)
    run.feed([one(0, uuid, 100 - uuid, uuid) for uuid in range(5)])
    assert run.aside == {(0, 4): "overflow", (0, 3): "overflow"}
    assert run.join.waiting == 3


def test_nothing_unresolved_is_committed_and_everything_is_when_all_is_resolved() -> None:
    run = Run()
    run.feed([one(0, 1, 100, 0), one(0, 2, 195, 1), one(0, 3, 200, 2)], resolve=False)
    run.feed([one(1, 1, 100, 0), one(1, 3, 200, 1)], resolve=False)
    assert run.to_commit() == (0, 0)
    run.resolve()
    assert run.to_commit() == (1, 1)  # 2 waits since 195; on both topics what is older than 185 may go
    run.feed([one(1, 2, 195, 2)])
    assert run.to_commit() == (3, 3)


def test_a_commit_forgets_and_the_rest_can_still_be_resolved() -> None:
    run = Run()
    run.feed([one(0, uuid, uuid * 100, uuid) for uuid in range(50)])
    run.feed([one(1, uuid, uuid * 100, uuid) for uuid in range(40)])
    cut = run.to_commit()
    assert cut == (40, 40)
    run.join.positions.committed(dict(zip(PARTITIONS, cut, strict=True)))
    run.feed([one(1, uuid, uuid * 100, uuid) for uuid in range(40, 50)])
    assert run.to_commit() == (50, 50)
    assert len(run.pairs) == 50


def test_invalid_records_go_aside_with_their_detail_and_block_the_cut_until_they_are_durable() -> None:
    run = Run()
    values: list[bytes | None] = [b"no json", None, b'{"uuid":1,"age":30,"man":1,"woman":0}']
    taken = run.join.take(
        [(PARTITIONS[0], Fetch(np.arange(3), np.array([1, 2, 3]), [None] * 3, values))], FAR
    )
    assert [(a.reason, a.value) for a in taken.aside] == [("invalid", b"no json"), ("invalid", None)]
    assert run.to_commit()[0] == 0
    run.join.positions.resolve_aside(taken.aside)
    partner = Fetch(np.array([0]), np.array([3]), [None], [b'{"uuid":1,"products":{}}'])
    run.join.take([(PARTITIONS[1], partner)], FAR)
    assert run.counts.joined == 1


def test_a_pair_that_cannot_be_scored_counts_as_two_records_put_aside() -> None:
    run = Run()
    run.feed([one(0, 1, 5, 0)], resolve=False)
    run.feed([one(1, 1, 5, 0)], resolve=False)
    pairs = run.open[-1].pairs
    assert pairs is not None
    aside = run.join.refuse(pairs.where(np.array([True])), "no score")
    assert Counter(a.reason for a in aside) == {"invalid": 2}
    run.check()


def test_what_waits_when_partitions_go_is_returned() -> None:
    run = Run()
    run.feed([one(0, 1, 5, 0), one(0, 2, 5, 1)])
    run.join.give_back()
    run.check()
    assert run.counts.returned == 2


def feed_both(run: Run, demographic: list[Record], historic: list[Record]) -> None:
    """One poll with records of both topics."""
    polled = zip(PARTITIONS, map(fetch_of, (demographic, historic)), strict=True)
    taken = run.join.take(polled, FAR)
    taken.aside += run.join.advance({})
    run.note(taken)
    run.open.append(taken)
    run.resolve()
    run.check()


def passed(run: Run, stamp: int) -> Run:
    """Both topics were read up to a time."""
    feed_both(run, [one(0, 900, stamp, 0)], [one(1, 900, stamp, 0)])
    return run


def test_late_halves_of_one_poll_meet_before_they_are_judged() -> None:
    run = passed(Run(), 1000)
    demographic = [one(0, 1, 500, 1), one(0, 2, 500, 2), one(0, 3, 995, 3), one(0, 4, 985, 4)]
    historic = [one(1, 1, 505, 1), one(1, 2, 520, 2), one(1, 3, 985, 3), one(1, 4, 994, 4)]
    feed_both(run, demographic, historic)
    assert {uuid for uuid, _, _ in run.pairs} == {900, 1, 3, 4}  # 3 and 4: only one half of each is late
    assert run.aside == {(0, 2): "late", (1, 2): "late"}  # further apart than the window


def test_of_late_halves_of_one_side_that_came_twice_one_meets_the_partner_and_the_other_is_late() -> None:
    run = passed(Run(), 1000)
    feed_both(run, [one(0, 1, 500, 1), one(0, 1, 501, 2)], [one(1, 1, 505, 1)])
    assert {uuid for uuid, _, _ in run.pairs} == {900, 1}
    assert run.aside == {(0, 1): "late"}


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 60), st.integers(0, 1)), min_size=1, max_size=12))
def test_whatever_comes_late_in_one_poll_is_answered_or_put_aside_once(
    drawn: list[tuple[int, int, int]],
) -> None:
    run = passed(Run(), 1000)
    sides: list[list[Record]] = [[], []]
    for uuid, ms, side in drawn:
        sides[side].append(one(side, uuid, 500 + ms, len(sides[side]) + 1))
    if all(sides):
        feed_both(run, *sides)
        halves = Counter((r.side, r.offset) for side in sides for r in side)
        paired = [(side, pair[1 + side]) for pair in run.pairs if pair[0] != 900 for side in (0, 1)]
        assert Counter(paired) + Counter(run.aside.keys()) == halves
        assert set(run.aside.values()) <= {"late"}


def test_an_allowed_lateness_has_late_halves_wait_for_each_other_and_all_wait_so_much_longer() -> None:
    run = Run()
    run.join = Join(
        decoders(), [SIDES], dict.fromkeys(PARTITIONS, 0), WINDOW, 10**6, run.counts, [Restart()], 600
    )
    passed(run, 1000)
    run.feed([one(0, 1, 500, 1)])
    run.feed([one(0, 2, 380, 2)])
    run.feed([one(1, 1, 505, 1)])
    assert {uuid for uuid, _, _ in run.pairs} == {900, 1}
    assert run.aside == {(0, 2): "late"}
    run.feed([one(0, 3, 1000, 3)])
    feed_both(run, [one(0, 901, 1600, 4)], [one(1, 901, 1600, 2)])
    assert run.aside == {(0, 2): "late"}
    feed_both(run, [one(0, 902, 1611, 5)], [one(1, 902, 1611, 3)])
    assert run.aside == {(0, 2): "late", (0, 3): "timeout"}


def test_seconds_without_records_make_nobody_late_who_was_only_on_his_way_for_long() -> None:
    run = passed(Run(window=3000), 100_000)
    run.idle(demographic=60_000, historic=60_000)
    run.feed([one(0, 1, 140_000, 1)])  # 20 s on its way
    run.idle(historic=60_100)
    run.feed([one(1, 1, 140_500, 1)])
    assert {uuid for uuid, _, _ in run.pairs} == {900, 1}
    assert run.aside == {}
