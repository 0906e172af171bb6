"""The experiment that is there from the start, and its token in a file."""

from pathlib import Path

from liftstream.contracts.messages import Prediction
from liftstream.platform.first_experiment import begin_with
from testbed.platform_stage import Stage


def accepted(stage: Stage, name: str) -> dict[str, int]:
    return {
        r.reason: r.count for r in stage.service.experiment(name).answers.reasons if r.kind == "prediction"
    }


def test_it_is_made_once_runs_and_its_token_is_in_a_file_that_nobody_else_reads(
    stage: Stage, tmp_path: Path
) -> None:
    file = tmp_path / "shared" / "token"
    name = begin_with(stage.service, file)
    assert begin_with(stage.service, file) == name
    assert len(stage.service.experiments().experiments) == 1
    assert stage.service.experiment(name).state == "running"
    assert file.stat().st_mode & 0o077 == 0
    stage.take(stage.raw("prediction", Prediction(1, 1, file.read_text())))
    assert "unknown_token" not in accepted(stage, name)


def test_a_file_that_is_gone_gets_a_new_token_and_the_old_one_is_revoked(
    stage: Stage, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    name = begin_with(stage.service, file)
    old = file.read_text()
    file.unlink()
    begin_with(stage.service, file)
    assert file.read_text() != old
    stage.take(stage.raw("prediction", Prediction(1, 1, old)))
    assert accepted(stage, name) == {"revoked_token": 1}


def test_one_that_is_over_stays_over(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "token"
    name = begin_with(stage.service, file)
    stage.service.stop(name, "enough")
    file.unlink()
    assert begin_with(stage.service, file) == name
    assert not file.exists()
    assert stage.service.experiment(name).state == "stopped"
