"""Looking at everybody: when it is over, and when nothing moves any more."""

from pathlib import Path
from typing import Any, cast

import pytest

from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import Settings
from liftstream.demo import run, stage
from liftstream.demo.looking import NoAnswer, Pipeline
from liftstream.demo.run import Watch
from liftstream.demo.stage import Stage
from liftstream.simulation.shop.till import Counts
from tests.demo.demo_reports import report_of

PIPELINE = Pipeline(read=20, joined=10, predictions=10)
SHOP = Counts(opened=10, paid=10)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Over a stage on which everybody answers `PIPELINE` and a finished report."""
    answer_with(monkeypatch, PIPELINE)
    return Watch(Stage(Settings(), "id", "page", "worker", cast(Any, ()), Path()))


def answer_with(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline, **report: Any) -> None:
    monkeypatch.setattr(run, "look_at_experiment", lambda *_: report_of(**report))
    monkeypatch.setattr(run, "look_at_pipeline", lambda _: pipeline)


def test_it_is_over_when_the_verdict_is_there_and_every_record_accounted_for(watch: Watch) -> None:
    snapshot = watch.look(SHOP)
    assert snapshot is not None
    assert watch.is_over(snapshot)


@pytest.mark.parametrize(
    ("pipeline", "report"),
    [
        (PIPELINE, {"state": "running"}),
        (Pipeline(read=18, joined=9, predictions=9), {"read": 9}),
        (Pipeline(read=20, joined=10, predictions=9), {}),
        (PIPELINE, {"read": 9}),
    ],
    ids=["no verdict", "halves on the way", "a prediction not acknowledged", "a prediction not judged"],
)
def test_it_is_not_over_while_something_is_on_its_way(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline, report: dict[str, Any]
) -> None:
    answer_with(monkeypatch, pipeline, **report)
    snapshot = watch.look(SHOP)
    assert snapshot is not None
    assert not watch.is_over(snapshot)


def test_what_never_comes_is_not_waited_for_for_ever(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SETTLE_WITHIN_S", -1)
    answer_with(monkeypatch, Pipeline(read=18, joined=9, predictions=9))
    snapshot = watch.look(SHOP)
    assert snapshot is not None
    assert watch.is_over(snapshot)


def test_when_nothing_moves_it_ends_with_the_words_of_those_who_should(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.look(SHOP)
    monkeypatch.setattr(run, "STALL_S", -1)
    reasons = {"page": "the database refuses: disk I/O error", "worker": None}
    monkeypatch.setattr(stage, "not_ready", reasons.get)
    with pytest.raises(
        BrokerError, match="nothing has moved .* platform: the database refuses: disk I/O error;"
    ):
        watch.look(SHOP)
    watch.look(Counts(opened=11, paid=10))  # something moved


def test_somebody_who_does_not_answer_once_is_asked_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise NoAnswer

    monkeypatch.setattr(run, "look_at_pipeline", silent)
    assert watch.look(SHOP) is None
    answer_with(monkeypatch, PIPELINE)
    assert watch.look(SHOP) is not None
