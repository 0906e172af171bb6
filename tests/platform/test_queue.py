"""Who may work, who waits, who is sent away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from liftstream.platform.queue import Busy, WorkQueue
from testbed.platform_stage import Stage
from tests.platform.web import client_of

WITHIN_S = 300


@contextmanager
def taken(turns: WorkQueue) -> Iterator[None]:
    """Somebody else has the turn for a block."""
    has_it, let_go = threading.Event(), threading.Event()

    def work() -> None:
        with turns.turn():
            has_it.set()
            let_go.wait(WITHIN_S)

    thread = threading.Thread(target=work)
    thread.start()
    assert has_it.wait(WITHIN_S)
    try:
        yield
    finally:
        let_go.set()
        thread.join(WITHIN_S)


def test_never_do_two_work_and_everybody_in_line_comes_to_his_turn() -> None:
    turns, at_work, most, done = WorkQueue(in_line_most=5, patience_s=WITHIN_S), 0, 0, 0

    def work() -> None:
        nonlocal at_work, most, done
        with turns.turn():
            at_work += 1
            most = max(most, at_work)
            threading.Event().wait(0.01)
            at_work -= 1
            done += 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert (most, done) == (1, 6)


@pytest.mark.parametrize(
    "turns",
    [WorkQueue(in_line_most=0), WorkQueue(in_line_most=1, patience_s=0)],
    ids=["the line is full", "no patience"],
)
def test_who_cannot_wait_is_sent_away_and_comes_in_once_the_turn_is_free(turns: WorkQueue) -> None:
    with taken(turns), pytest.raises(Busy), turns.turn():
        pass
    with turns.turn():
        pass


def test_a_turn_that_ends_in_an_error_is_free_again() -> None:
    turns = WorkQueue(in_line_most=0)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass


def test_while_others_plan_planning_is_refused_in_a_sentence_and_everything_else_is_answered(
    stage: Stage,
) -> None:
    stage.service.planning_queue = WorkQueue(in_line_most=0)
    with client_of(stage.service) as client:
        with taken(stage.service.planning_queue):
            refused = client.get("/experiments/new.json", params={"looks": "100"})
            page = client.get("/experiments/new", headers={"Accept": "text/html"})
            draft = client.post("/api/experiments", json={"name": "mine"})
            assert client.get("/experiments.json").status_code == 200
        assert [refused.status_code, page.status_code, draft.status_code] == [503] * 3
        assert refused.json()[0]["problem"].endswith("ask again in a few seconds")
        assert refused.headers["Retry-After"] == "5"
        assert "Others are planning experiments" in page.text
        assert client.get("/experiments/new.json").status_code == 200
