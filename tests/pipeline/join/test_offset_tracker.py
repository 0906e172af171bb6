"""The tracker against a list of records: what waits, what blocks a commit, and that a partition that stands still costs
no memory."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.join import offset_tracker
from pipeline.join.offset_tracker import NEVER, ROOM, OffsetTracker
from testbed.examples import examples

SOURCES = 3


@dataclass
class KnownClient:
    """A record as the test knows it."""

    source: int
    offset: int
    stamp: int
    place: int
    state: str = "under way"


def numbers(values: Any, kind: Any = np.int64) -> Any:
    return np.array(list(values), kind)


class Run:
    """A tracker and the same records in a list."""

    def __init__(self) -> None:
        self.tracker = OffsetTracker(SOURCES)
        self.known: list[KnownClient] = []
        self.next = [0] * SOURCES

    def enter(self, batches: list[tuple[int, int]]) -> None:
        new = []
        for source, stamp in batches:
            new.append(KnownClient(source, self.next[source], stamp, 0))
            self.next[source] += 1 + stamp % 2  # with holes
        columns = [numbers(column) for column in zip(*((k.offset, k.stamp) for k in new), strict=True)]
        first = self.tracker.enter(numbers((k.source for k in new), np.int16), *columns)
        for number, one in enumerate(new):
            one.place = first + number
        self.known += new

    def to(self, state: str, change: Any, chosen: list[KnownClient], *more: Any) -> None:
        if chosen:
            change(numbers(one.place for one in chosen), *more)
        for one in chosen:
            one.state = state

    def wait(self, chosen: list[KnownClient]) -> None:
        self.to("waiting", self.tracker.wait, chosen, numbers(1000 + one.place for one in chosen))

    def commit(self) -> None:
        """Everything resolved up to the first record that is not, by partition."""
        commit = dict(enumerate(self.next)) | self.tracker.blocked(np.full(SOURCES, NEVER))
        for source, at in commit.items():
            open_here = [k.offset for k in self.known if k.source == source and k.state != "resolved"]
            assert at == min(open_here, default=self.next[source])
        self.check_resolved(commit)
        self.tracker.forget_before(commit)
        self.known = [one for one in self.known if one.offset >= commit[one.source]]

    def check_resolved(self, commit: dict[int, int]) -> None:
        found = self.tracker.resolved_from(commit)
        for source, at in commit.items():
            done = [k.offset for k in self.known if k.source == source and k.state == "resolved"]
            runs = found[source].tolist()
            offsets = [offset for first, last in runs for offset in range(first, last + 1)]
            assert offsets == [offset for offset in done if offset >= at]
            assert all(later[0] > one[1] + 1 for one, later in pairwise(runs))  # a run goes as far as it can

    def of(self, state: str) -> list[KnownClient]:
        return [one for one in self.known if one.state == state]

    def check(self) -> None:
        waiting = self.of("waiting")
        assert self.tracker.waiting.tolist() == [sum(k.source == s for k in waiting) for s in range(SOURCES)]
        for one in self.known:
            if one.state != "resolved":
                source, offset = self.tracker.located(numbers([one.place]))
                assert (source[0], offset[0]) == (one.source, one.offset)
        oldest = self.tracker.oldest_unresolved().tolist()
        for source in range(SOURCES):
            left = [k.stamp for k in self.known if k.source == source and k.state != "resolved"]
            assert oldest[source] == min(left, default=NEVER)

    def check_waiting_before(self, stamps: list[int]) -> None:
        old = [one for one in self.of("waiting") if one.stamp < stamps[one.source]]
        uuids, places = self.tracker.waiting_before(numbers(stamps))
        assert places == [one.place for one in old]
        assert uuids == [1000 + one.place for one in old]


@pytest.fixture(autouse=True)
def _few_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few as make what a million records do: rows are looked at in several parts, and large columns lie elsewhere."""
    monkeypatch.setattr(offset_tracker, "ROWS_AT_ONCE", 4)
    monkeypatch.setattr(offset_tracker, "MAPPED_FROM", 2 * ROOM)


@given(st.data())
@examples(150)
def test_it_says_what_a_list_of_its_records_says(data: st.DataObject) -> None:
    run = Run()
    batch = st.tuples(st.integers(0, SOURCES - 1), st.integers(0, 50))
    for _ in range(data.draw(st.integers(1, 8))):
        run.enter(data.draw(st.lists(batch, min_size=1, max_size=6)))
        run.wait(data.draw(st.lists(st.sampled_from(run.of("under way")), unique_by=id)))
        run.check_waiting_before(data.draw(st.lists(st.integers(0, 60), min_size=SOURCES, max_size=SOURCES)))
        if run.of("waiting"):
            gone = data.draw(st.lists(st.sampled_from(run.of("waiting")), unique_by=id))
            run.to("under way", run.tracker.leave, gone)
        if run.of("under way"):
            done = data.draw(st.lists(st.sampled_from(run.of("under way")), unique_by=id))
            run.to("resolved", run.tracker.resolve, done)
        run.check()
        if data.draw(st.booleans()):
            run.commit()
            run.check()


def test_a_partition_that_stands_still_does_not_keep_the_rows_of_the_others() -> None:
    run = Run()
    run.enter([(0, 5)])
    run.wait(run.known)
    for turn in range(50):
        run.enter([(1, turn)] * 100)
        run.to("resolved", run.tracker.resolve, run.of("under way"))
        run.commit()
        assert len(run.tracker) <= 101
    run.check()
    run.to("under way", run.tracker.leave, run.of("waiting"))
    run.to("resolved", run.tracker.resolve, run.of("under way"))
    run.commit()
    assert len(run.tracker) == 0
    run.enter([(2, 7)] * 3 * ROOM)
    run.check()


def test_the_oldest_that_wait_come_first_and_those_of_one_time_in_their_order() -> None:
    run = Run()
    run.enter([(0, 30), (1, 10), (2, 20), (0, 10), (1, 5)])
    run.wait(run.known[:4])
    assert run.tracker.oldest_waiting(3) == ([10, 10, 20], [1001, 1003, 1002], [1, 3, 2])
