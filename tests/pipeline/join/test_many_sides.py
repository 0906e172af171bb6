"""One side, and three: every record or triple is answered once, and what is put aside is what a simple join puts aside."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.streams.definition import Stream
from pipeline.join.results import JoinCounts, JoinResults
from pipeline.join.watermark import IDLE_AFTER_MS
from pipeline.join.windowed_join import Join
from pipeline.records.predictions import PredictionForm
from pipeline.records.stream_decoder import StreamDecoder
from testbed.examples import examples
from testbed.reference_join import Record
from tests.streams.definitions import read

WINDOW, FAR = 10, 10**15
SIDE = """
  side{0}:
    topic: topic{0}
    id: {{path: id, type: {2}}}
    {1}
    features: {{x{0}: {{path: x, type: number}}, w{0}: {{path: w, type: text}}}}"""


def stream_of(sides: int, time: str = "time: kafka", id_type: str = "text") -> Stream:
    return read(
        "name: many\nwindow_s: 60\nsides:"
        + "".join(SIDE.format(side, time, id_type) for side in range(sides))
        + "\nanswer: {topic: answers, fields: {id: id, value: decision}}\n"
    )


class Run:
    """A join of any number of sides, and what comes out, by (side, offset)."""

    def __init__(self, sides: int, time: str = "time: kafka", id_type: str = "text") -> None:
        self.stream = stream_of(sides, time, id_type)
        self.partitions = [Partition(side.topic, 0) for side in self.stream.sides]
        self.decoder, self.counts = StreamDecoder(self.stream), JoinCounts()
        groups = [{name: side for side, name in enumerate(self.partitions)}]
        begin = dict.fromkeys(self.partitions, 0)
        self.join = Join(self.decoder.sides, groups, begin, WINDOW, 10**6, self.counts)
        self.answered: list[tuple[tuple[int, int], ...]] = []
        self.features: list[list[float]] = []
        self.aside: dict[tuple[int, int], str] = {}

    def feed(self, *fetches: list[Record]) -> None:
        polled = [(self.partitions[fetch[0].side], self._columns(fetch)) for fetch in fetches]
        self.decoder.forget_words(self.join.table.waiting_rows)
        taken = self.join.take(polled, FAR)
        taken.aside += self.join.advance({})
        self.note(taken)

    def _columns(self, fetch: list[Record]) -> Fetch:
        written = b'{"id":"%d","x":%d,"at":%d,"w":"word %d"}'
        has_times = self.stream.sides[0].time.path is not None
        return Fetch(
            np.array([one.offset for one in fetch]),
            np.array([10**12 if has_times else one.stamp for one in fetch]),
            [b"%d" % one.uuid for one in fetch],
            [written % (one.uuid, one.offset + 1000 * one.side, one.stamp, one.offset) for one in fetch],
        )

    def idle(self, ms: int) -> None:
        self.note(JoinResults(aside=self.join.advance(dict.fromkeys(self.partitions, ms))))

    def note(self, taken: JoinResults) -> None:
        if taken.pairs:
            sides = [
                [(side, int(offset)) for offset in tracker.located(places)[1]]
                for side, (tracker, places) in enumerate(
                    zip(self.join.trackers, taken.pairs.places, strict=True)
                )
            ]
            self.answered += zip(*sides, strict=True)
            self.features += taken.pairs.features(0, len(taken.pairs)).tolist()
            self.join.positions.resolve_pairs(taken.pairs)
        for one in taken.aside:
            self.aside[one.side, one.offset] = one.reason
        self.join.positions.resolve_aside(taken.aside)
        counts = self.counts
        sides_joined = len(self.partitions) * counts.joined
        assert counts.read == sides_joined + counts.aside.total() + self.join.waiting + counts.returned
        assert self.join.waiting == sum(int(tracker.waiting.sum()) for tracker in self.join.trackers)


def reference(
    polls: list[list[list[Record]]], sides: int
) -> tuple[list[tuple[tuple[int, int], ...]], dict[tuple[int, int], str]]:
    """The same by lists: one record after the other, those that are late after all others of their poll."""
    waiting: list[Record] = []
    newest: list[int | None] = [None] * sides
    now: int | None = None
    answered, aside = [], {}

    def complete(one: Record) -> list[Record] | None:
        near = [w for w in waiting if w.uuid == one.uuid and abs(w.stamp - one.stamp) <= WINDOW]
        others = [
            sorted((w for w in near if w.side == side), key=lambda w: w.stamp)
            for side in range(sides)
            if side != one.side
        ]
        found = [[*some, one] for some in product(*others)]
        spread = lambda some: max(w.stamp for w in some) - min(w.stamp for w in some)  # noqa: E731
        best = min(found, key=spread, default=None)
        return best if best is not None and spread(best) <= WINDOW else None

    def answer(some: list[Record]) -> None:
        answered.append(tuple(sorted((w.side, w.offset) for w in some)))
        for w in some:
            if w in waiting:
                waiting.remove(w)

    for poll in polls:
        late = []
        for one in (one for fetch in sorted(poll, key=lambda fetch: fetch[0].side) for one in fetch):
            some = complete(one)
            if some:
                answer(some)
            elif now is not None and one.stamp < now - WINDOW:
                late.append(one)
            else:
                mine = [w for w in waiting if (w.side, w.uuid) == (one.side, one.uuid)]
                for older in (w for w in mine if abs(w.stamp - one.stamp) <= WINDOW):
                    waiting.remove(older)
                    aside[older.side, older.offset] = "duplicate"
                waiting.append(one)
        kept = []
        for one in late:
            some = complete(one)
            mine = [w for w in waiting if (w.side, w.uuid) == (one.side, one.uuid)]
            if some:
                answer(some)
            elif any(abs(w.stamp - one.stamp) <= WINDOW for w in mine):
                aside[one.side, one.offset] = "late"
            else:
                waiting.append(one)
                kept.append(one)
        for one in kept:
            if one in waiting:
                waiting.remove(one)
                aside[one.side, one.offset] = "late"
        for fetch in poll:
            known = newest[fetch[0].side]
            newest[fetch[0].side] = (
                max(one.stamp for one in fetch)
                if known is None
                else max(known, *(one.stamp for one in fetch))
            )
        if all(one is not None for one in newest):
            read_to = min(one for one in newest if one is not None)
            now = read_to if now is None else max(now, read_to)
            for over in [w for w in waiting if w.stamp < now - WINDOW]:
                waiting.remove(over)
                aside[over.side, over.offset] = "timeout"
    return answered, aside


@st.composite
def polls(draw: st.DrawFn, sides: int = 3, ids: int = 6) -> list[list[list[Record]]]:
    """Records of some topics, in polls of a fetch of some of them each."""
    found, offsets = [], [0] * sides
    for _ in range(draw(st.integers(1, 8))):
        poll = []
        for side in range(sides):
            fetch = []
            for _ in range(draw(st.integers(0, 5))):
                fetch.append(Record(side, draw(st.integers(1, ids)), draw(st.integers(0, 60)), offsets[side]))
                offsets[side] += 1
            if fetch:
                poll.append(fetch)
        if poll:
            found.append(poll)
    return found


@given(polls())
@examples(500)
def test_triples_and_reasons_are_those_of_the_reference(log: list[list[list[Record]]]) -> None:
    run = Run(3)
    for poll in log:
        run.feed(*poll)
    answered, aside = reference(log, 3)
    assert sorted(run.answered) == sorted(answered)
    assert run.aside == aside


@given(polls(sides=4, ids=2))
@examples(200)
def test_four_sides_are_joined_likewise(log: list[list[list[Record]]]) -> None:
    run = Run(4)
    for poll in log:
        run.feed(*poll)
    answered, aside = reference(log, 4)
    assert sorted(run.answered) == sorted(answered)
    assert run.aside == aside


@given(polls(sides=1))
@examples(100)
def test_of_one_side_every_record_is_answered_once_and_none_is_put_aside(
    log: list[list[list[Record]]],
) -> None:
    run = Run(1)
    for poll in log:
        run.feed(*poll)
    assert sorted(run.answered) == [((0, one.offset),) for poll in log for one in poll[0]]
    assert run.aside == {}


@given(polls())
@examples(100)
def test_event_times_in_fields_join_as_those_of_kafka_do(log: list[list[list[Record]]]) -> None:
    by_field = Run(3, "time: {path: at, unit: ms}")
    for poll in log:
        by_field.feed(*poll)
    answered, aside = reference(log, 3)
    assert sorted(by_field.answered) == sorted(answered)
    assert by_field.aside == aside


def _triple(at: int) -> Iterator[Record]:
    return (Record(side, 7, at, 0) for side in range(3))


def test_features_of_a_triple_stand_beside_each_other_side_after_side_and_codes_are_their_words() -> None:
    run = Run(3)
    for one in _triple(5):
        run.feed([one])
    (row,) = run.features
    assert row[::2] == [0.0, 1000.0, 2000.0]
    words = [run.decoder.vocabularies[f"w{side}"].words[int(code)] for side, code in enumerate(row[1::2])]
    assert words == ["word 0"] * 3


def test_words_are_forgotten_but_for_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.records.words.FEWEST_WORDS", 4)
    run = Run(2)
    run.feed([Record(0, 7, 5, 3)])
    for offset in range(10, 60):
        run.feed([Record(0, 1, offset, offset), Record(0, 1, offset, offset + 100)])
    assert len(run.decoder.vocabularies["w0"].words) < 20
    run.feed([Record(1, 7, 5, 4)])
    ((_, code, _, _),) = run.features
    assert run.decoder.vocabularies["w0"].words[int(code)] == "word 3"


def test_a_half_of_three_that_nobody_completes_times_out() -> None:
    run = Run(3)
    first, second, _ = _triple(5)
    run.feed([first], [second])
    for ms in (1, IDLE_AFTER_MS + 2000):
        run.idle(ms)
    assert run.aside == {(0, 0): "timeout", (1, 0): "timeout"}
    assert run.answered == []


SPELLINGS = [
    "6F1e0a52-4f0b-4C57-9d2e-0c5f8f2b9a11",
    "6f1e0a52-4f0b-4c57-9d2e-0c5f8f2b9a11",
    "6F1E0A52-4F0B-4C57-9D2E-0C5F8F2B9A11",
]


@pytest.mark.parametrize("sides", [1, 2, 3])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_uuid_is_joined_by_value_and_answered_as_the_first_side_writes_it(
    sides: int, order: tuple[int, ...], at_once: bool
) -> None:
    run = Run(sides, id_type="uuid")
    form = PredictionForm("a-token", run.stream.answer)
    fetches = [(run.partitions[side], one_record(SPELLINGS[side])) for side in order if side < sides]
    polls = [fetches] if at_once else [[one] for one in fetches]
    found = [taken.pairs for taken in (run.join.take(poll, FAR) for poll in polls) if taken.pairs]
    written = SPELLINGS[0].encode()
    assert [form.fill(pairs.uuids.tolist(), [1]) for pairs in found] == [
        [(written, b'{"id":"%s","value":1}' % written)]
    ]
    assert run.join.waiting == 0


def one_record(uuid: str) -> Fetch:
    value = b'{"id":"%s","x":1,"w":"w"}' % uuid.encode()
    return Fetch(np.array([0]), np.array([10**12]), [uuid.encode()], [value])
