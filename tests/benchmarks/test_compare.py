"""A comparison in which somebody does not answer: the others keep their figures."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchmarks import compare, latency, results, tables
from benchmarks.contestants import FAUST_TABLE, WORKER, Contestant, ContestantSilent, Setup
from benchmarks.latency import Idle, LatencyRun
from benchmarks.throughput import Throughput
from liftstream.contracts.settings import KafkaSettings


class Broker:
    """What a comparison asks of one."""

    bootstrap = "nowhere:1"

    def __init__(self, **_: Any) -> None: ...

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_: object) -> None: ...


class Backlogs:
    """As many pairs as are asked for."""

    def __init__(self, *_: Any) -> None: ...

    def get(self, _: Contestant, pairs: int, __: str) -> Any:
        return SimpleNamespace(messages=range(pairs))

    def clear(self) -> None: ...


def answers(contestant: Contestant, *_: Any) -> Throughput:
    rate = 80_000.0 if contestant is WORKER else 50.0
    return Throughput(contestant.name, 100, 100, 0, 0, rate, 0.01, 100, 100, 1)


def answers_live(contestant: Contestant, _: str, __: Setup, rate: float, *___: Any) -> LatencyRun:
    return LatencyRun(contestant.name, rate, 100, 100, 0, 5, 14, 20, 0.5, 1)


def is_silent(name: str, otherwise: Any) -> Any:
    """A measurement in which the contestant of that name does not answer."""

    def measure(contestant: Contestant, *asked: Any) -> Any:
        if contestant.name == name:
            raise ContestantSilent(name, "no answer within 90 s")
        return otherwise(contestant, *asked)

    return measure


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing is started, everybody answers, and the results are written to a folder of the test."""
    for name, replacement in {
        "ApacheKafka": Broker,
        "Backlogs": Backlogs,
        "setup_of": lambda model: Setup(model, 0.5),
        "measure_throughput": answers,
        "measure_latency": answers_live,
        "measure_idle": lambda contestant, *_: Idle(contestant.name, 2.0, 90),
    }.items():
        monkeypatch.setattr(compare, name, replacement)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    return monkeypatch


def compared(*options: str) -> Result:
    return CliRunner().invoke(
        compare.main, ["--systems", "worker,faust", "--runs", "1", "--pairs", "100", "--save", *options]
    )


def test_who_does_not_answer_live_traffic_is_a_row_and_the_rest_is_shown_and_written(
    stage: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.setattr(compare, "measure_latency", is_silent(FAUST_TABLE.name, answers_live))
    shown: list[str] = []
    stage.setattr(tables._console, "print", lambda table: shown.append(cells(table)))
    done = compared()
    assert done.exit_code == 1, done.output
    assert "Faust Table with pypmml, 25 pairs/s: no answer within 90 s" in shown[1]
    assert "liftstream, idle: 2.0 %" in done.output
    written = json.loads((tmp_path / "compare.json").read_text())
    assert [run["contestant"] for run in written["throughput"]] == [WORKER.name, FAUST_TABLE.name]
    assert {run["contestant"] for run in written["latency"]} == {WORKER.name}
    assert written["unanswered"] == [
        {"contestant": FAUST_TABLE.name, "asked": "25 pairs/s", "why": "no answer within 90 s"}
    ]
    assert (tmp_path / "compare.png").exists()


def cells(table: Any) -> str:
    return "\n".join(str(cell) for column in table.columns for cell in column.cells)


def test_who_does_not_answer_the_backlog_is_asked_no_more_and_not_compared(
    stage: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage.setattr(compare, "measure_throughput", is_silent(FAUST_TABLE.name, answers))
    done = compared()
    assert done.exit_code == 1, done.output
    assert "liftstream / Faust Table with pypmml: not compared, a turn is missing" in done.output
    written = json.loads((tmp_path / "compare.json").read_text())
    assert {run["contestant"] for run in written["latency"]} == {WORKER.name}
    assert [one["asked"] for one in written["unanswered"]] == ["100 waiting"]


def test_a_worker_that_never_answers_leaves_a_file_that_says_so(
    stage: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("measure_throughput", "measure_latency", "measure_idle"):
        stage.setattr(compare, name, is_silent(WORKER.name, getattr(compare, name)))
    done = compared("--waiting", "1000")
    assert done.exit_code == 1, done.output
    written = json.loads((tmp_path / "compare.json").read_text())
    assert written["idle"] is None
    assert [one["asked"] for one in written["unanswered"]] == ["100 waiting", "1,000 waiting", "idle"]


def test_when_all_answer_the_exit_code_is_0_and_nobody_is_named(
    stage: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert compared().exit_code == 0
    assert json.loads((tmp_path / "compare.json").read_text())["unanswered"] == []


@pytest.mark.parametrize(("answered", "why"), [(0, "no answer"), (1_234, "only 1,234 answers")])
def test_a_warm_up_ends_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, answered: int, why: str
) -> None:
    monkeypatch.setattr(latency, "WARM_UP_WITHIN_S", 0.0)
    monkeypatch.setattr(latency, "SETTLE_S", 0.0)
    fed: list[int] = []
    monkeypatch.setattr(latency, "feed_live", lambda _, clients, __: fed.append(len(clients)))
    system: Any = SimpleNamespace(name="somebody", check=lambda: None)
    topics: Any = SimpleNamespace(answered=lambda: answered)
    with pytest.raises(ContestantSilent, match=f"somebody: {why} within 0 s"):
        latency._warm_up(system, KafkaSettings(), topics)
