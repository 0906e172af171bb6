"""Fetches wait for more records only while polls come fast."""

from liftstream.service.kafka.pace import AT_ONCE, GROW, IDLE_S, FetchWait, Pace


def polls(pace: Pace, begin_s: float, apart_s: float, count: int) -> list[FetchWait]:
    return [pace.polled(begin_s + number * apart_s) for number in range(count)]


def test_polls_that_come_fast_grow_and_go_on_to() -> None:
    pace = Pace()
    assert polls(pace, 0, 0.001, 20)[-1] == GROW
    assert set(polls(pace, 0.02, GROW.max_wait_ms / 1000 + 0.004, 50)) == {GROW}


def test_records_that_are_rare_are_given_at_once() -> None:
    assert set(polls(Pace(), 0, 0.05, 50)) == {AT_ONCE}


def test_after_a_silence_nothing_waits_and_the_first_polls_do_not_either() -> None:
    pace = Pace()
    polls(pace, 0, 0.001, 20)
    assert pace.look(0.05) == GROW
    assert pace.look(0.02 + 2 * IDLE_S) == AT_ONCE
    assert pace.polled(5.0) == AT_ONCE
