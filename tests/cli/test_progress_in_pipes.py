"""Nothing that takes long is silent in a log or a pipe."""

import io

import pytest
from rich.console import Console

from liftstream.cli.model import score
from liftstream.cli.train.steps import steps


def test_the_steps_of_a_training_are_told_as_they_happen() -> None:
    said = io.StringIO()
    with steps(Console(file=said)) as step, step("train it"):
        assert said.getvalue() == "train it ...\n"
    assert said.getvalue() == "train it ...\ntrain it: 0 s\n"


def test_a_step_that_fails_is_not_told_as_done() -> None:
    said = io.StringIO()
    with pytest.raises(ValueError, match="no"), steps(Console(file=said)) as step, step("train it"):
        raise ValueError("no")
    assert said.getvalue() == "train it ...\n"


def test_scoring_tells_its_rows_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(score, "monotonic", lambda: clock[0])
    say = score._lines()
    say(0.1, 1_000)
    clock[0] = 11.0
    say(0.25, 1_500)
    say(0.5, 1)
    assert capsys.readouterr().err == "2,500 rows scored, 25 % of the file\n"
