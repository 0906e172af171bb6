"""The judgement: what a flawless run looks like, and that every flaw is named."""

import msgspec
import pytest

from liftstream.prove.traffic.manifest import Gone, Kind, Sent
from liftstream.prove.verifier.evidence import (
    AsideLine,
    Assignment,
    CommitSample,
    Observations,
    RecordPlace,
    SeenAnswer,
)
from liftstream.prove.verifier.judging import Judge, first_new_answers, newly_answered

WINDOW = 2000
T = 1_700_000_000_000


def half(
    side: int, offset: int, uuid: int | None, after: int = 0, kind: Kind = "half", value: int = 1
) -> Sent:
    return Sent(side, 0, offset, T + after, uuid, kind, (value,), T + after)


def answer(offset: int, uuid: int | None, value: int = 1, stamp: int = T) -> SeenAnswer:
    return SeenAnswer(0, 0, offset, stamp, uuid, value)


def aside(side: int, offset: int, reason: str, end: int = 100) -> AsideLine:
    return AsideLine(RecordPlace(side, 0, offset), reason, "worker-0.jsonl", end)


SENT = [
    half(0, 0, 1),
    half(1, 0, 1, after=WINDOW),
    half(0, 1, 2),
    half(1, 1, 3, after=WINDOW),
    half(0, 2, None, kind="invalid"),
    half(0, 3, 4, after=0, kind="unscored"),
    half(1, 2, 4, after=10, kind="unscored"),
]
ASIDE = [
    aside(0, 1, "timeout"),
    aside(1, 1, "timeout"),
    aside(0, 2, "invalid"),
    aside(0, 3, "invalid"),
    aside(1, 2, "invalid"),
]


def evidence(**changed: object) -> Observations:
    """A flawless run over `SENT`, but for what is changed."""
    found = Observations(
        [answer(0, 1)], list(ASIDE), [], [Assignment("worker-1.log", {(0, 0): 0, (1, 0): 0})]
    )
    for name, value in changed.items():
        setattr(found, name, value)
    return found


def broken(evidence: Observations, sent: list[Sent] = SENT, gone: tuple[Gone, ...] = ()) -> dict[str, int]:
    checks = Judge(sent, gone, evidence, WINDOW).checks()
    return {check.name: check.broken for check in checks if check.broken}


def test_a_flawless_run_breaks_nothing() -> None:
    assert broken(evidence()) == {}
    judge = Judge(SENT, (), evidence(), WINDOW)
    assert (judge.unanswered(), judge.unaccounted(), judge.repeated()) == (0, 0, 0)


def test_a_pair_without_an_answer_is_lost() -> None:
    found = evidence(answers=[])
    assert broken(found) == {"every pair has an answer": 1, "every other record is put aside": 2}


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        ([answer(0, 1, 0)], "all answers to a pair are equal and right"),
        ([answer(0, 1), answer(1, 1, 0)], "all answers to a pair are equal and right"),
        ([answer(0, 1), answer(1, None)], "all answers to a pair are equal and right"),
        ([answer(0, 1), answer(1, 2)], "no answer without both halves"),
        ([answer(0, 1), answer(1, 4)], "no answer without both halves"),
        ([answer(0, 1), answer(1, 77)], "no answer without both halves"),
        ([answer(0, 1), answer(1, 1)], "answers repeated only for what was read again"),
    ],
    ids=["wrong", "unequal", "malformed", "one half", "no score", "never sent", "repeated"],
)
def test_a_wrong_answer_is_named(answers: list[SeenAnswer], name: str) -> None:
    assert name in broken(evidence(answers=answers))


def test_an_answer_may_be_repeated_for_what_was_read_again() -> None:
    twice = [
        Assignment("worker-1.log", {(0, 0): 0, (1, 0): 0}),
        Assignment("worker-2.log", {(0, 0): 0, (1, 0): 0}),
    ]
    answers = [answer(0, 1), answer(1, 1)]
    assert broken(evidence(answers=answers, assignments=twice)) == {}
    twice[1].positions[1, 0] = 1
    assert "answers repeated only for what was read again" in broken(
        evidence(answers=answers, assignments=twice)
    )


def test_a_record_that_left_no_trace_is_unexplained() -> None:
    assert broken(evidence(aside=ASIDE[1:])) == {"every other record is put aside": 1}


@pytest.mark.parametrize(
    "line",
    [
        aside(0, 0, "timeout"),
        aside(0, 2, "timeout"),
        aside(0, 1, "late"),
        aside(0, 1, "invalid"),
        aside(0, 99, "invalid"),
    ],
    ids=["answered", "unreadable", "not late", "readable", "never sent"],
)
def test_a_wrong_reason_is_named(line: AsideLine) -> None:
    assert broken(evidence(aside=[*ASIDE, line])) == {"with the right reason": 1}


def test_a_half_read_again_after_a_crash_may_be_in_doubt() -> None:
    assert broken(evidence(aside=[*ASIDE, aside(0, 0, "ambiguous")])) == {}


def test_halves_more_than_the_window_apart_are_no_pair() -> None:
    sent = [half(0, 0, 1), half(1, 0, 1, after=WINDOW + 1)]
    lines = [aside(0, 0, "timeout"), aside(1, 0, "timeout")]
    assert broken(evidence(answers=[], aside=lines), sent) == {}
    assert "no answer without both halves" in broken(evidence(aside=lines), sent)


def test_a_half_may_be_late_only_where_others_were_ahead_of_it() -> None:
    other, one = (
        [half(0, 0, 9, after=WINDOW + 1), half(1, 0, 9, after=WINDOW + 1)],
        [half(0, 1, 1), half(1, 1, 1)],
    )
    lines = [aside(0, 1, "late"), aside(1, 1, "late")]
    assert broken(evidence(answers=[answer(0, 9)], aside=lines), other + one) == {}
    first = [half(0, 0, 1), half(1, 0, 1), half(0, 1, 9, after=WINDOW + 1), half(1, 1, 9, after=WINDOW + 1)]
    lines = [aside(0, 0, "late"), aside(1, 0, "late")]
    assert "every pair has an answer" in broken(evidence(answers=[answer(0, 9)], aside=lines), first)


def test_a_half_that_is_sent_long_after_its_partner_may_be_late_whatever_its_event_time_says() -> None:
    sent = [half(0, 0, 1), msgspec.structs.replace(half(1, 0, 1), sent_ms=T + WINDOW + 1)]
    lines = [aside(0, 0, "timeout"), aside(1, 0, "late")]
    assert broken(evidence(answers=[], aside=lines), sent) == {}


@pytest.mark.parametrize(
    ("committed", "answered", "written", "wrong"), [(1, 1, 0, 0), (1, 0, 0, 1), (2, 1, 100, 0), (2, 1, 99, 1)]
)
def test_what_is_committed_must_be_answered_or_on_disk_by_then(
    committed: int, answered: int, written: int, wrong: int
) -> None:
    sample = CommitSample({(0, 0): committed}, 0, {0: answered}, {"worker-0.jsonl": written})
    name = "nothing committed beyond an unresolved half"
    assert broken(evidence(samples=[sample])).get(name, 0) == wrong


def test_what_retention_took_is_not_owed() -> None:
    found = evidence(answers=[], aside=[line for line in ASIDE if line.place.side == 1])
    found.aside.append(aside(1, 0, "timeout"))
    assert broken(found, gone=(Gone(0, 0, 99),)) == {}


def test_of_a_half_sent_twice_retention_may_take_one() -> None:
    sent = [half(0, 0, 1), half(0, 1, 1, after=1), half(1, 0, 1, after=2)]
    assert broken(evidence(aside=[]), sent, (Gone(0, 0, 1),)) == {}
    assert broken(evidence(aside=[]), sent) == {"every other record is put aside": 2}


def test_a_half_sent_twice_may_replace_the_one_that_had_a_partner() -> None:
    sent = [half(0, 0, 1), half(1, 0, 1, after=WINDOW), half(1, 1, 1, after=WINDOW + 1)]
    lines = [aside(0, 0, "timeout"), aside(1, 0, "duplicate"), aside(1, 1, "timeout")]
    assert broken(evidence(answers=[], aside=lines), sent) == {}
    near = [half(0, 0, 1), half(1, 0, 1, after=WINDOW - 1), half(1, 1, 1, after=WINDOW)]
    assert "every pair has an answer" in broken(evidence(answers=[], aside=lines), near)


def test_a_client_who_comes_again_is_owed_an_answer_a_visit() -> None:
    later = 3 * WINDOW
    sent = [
        half(0, 0, 1),
        half(1, 0, 1),
        half(0, 1, 1, after=later, value=0),
        half(1, 1, 1, after=later, value=0),
    ]
    assert broken(evidence(answers=[answer(0, 1), answer(1, 1, 0)], aside=[]), sent) == {}
    assert (
        broken(evidence(answers=[answer(0, 1), answer(1, 1)], aside=[]), sent)["every pair has an answer"]
        == 1
    )


def test_first_new_answers_are_those_of_clients_who_had_none() -> None:
    found = Observations([answer(0, 1, stamp=T), answer(1, 1, stamp=T + 5), answer(2, 2, stamp=T + 9)])
    assert first_new_answers(found, T + 1) == {0: T + 9}
    assert newly_answered(found, T - 1500) == [0, 2]
