"""The story's parts without Kafka: the first experiment teaches a tree that the second one would prove."""

import json
from pathlib import Path

import numpy as np
import pytest

from liftstream.cli.demo.uplift import CLIENTS
from liftstream.demo.plan import Request
from liftstream.demo.rehearsal import rehearse
from liftstream.demo.truth import know
from liftstream.demo.uplift import first_experiment
from liftstream.demo.uplift.learning import PICTURES, learn
from liftstream.demo.uplift.story import CAMPAIGN
from liftstream.experiment import plan as make_plan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a first experiment of fewer clients, and the model that learned from it."""
    folder = tmp_path_factory.mktemp("demo")
    few = pytest.MonkeyPatch()
    few.setattr(first_experiment, "CLIENTS", 12_000)
    first = first_experiment.run_first_experiment(11, folder)
    few.undo()
    assert first.report.verdict.effect < 0  # offering to everybody loses
    learn(first, 11, folder, lambda _: None)
    return folder


def test_the_files_of_the_first_experiment_become_a_model_with_pictures_that_the_pipeline_can_serve(
    folder: Path,
) -> None:
    card = json.loads((folder / "uplift.json").read_text())
    assert card["serves"] == "pipeline"
    assert card["threshold"] == 0.125
    assert all((folder / name).stat().st_size > 10_000 for name in PICTURES.values())


def test_the_tree_is_worth_most_of_what_is_possible_over_offering_to_men(folder: Path) -> None:
    request = Request(2_000, 11, "uplift", folder / "uplift.pmml", folder, CAMPAIGN)
    truth = know(request)
    assert 1.4 < truth.gain <= truth.best < 2.2
    assert truth.never == pytest.approx(0.7, abs=0.1)
    rehearsed = rehearse(request, truth)
    error = (rehearsed.verdict.ci_high - rehearsed.verdict.ci_low) / 3.29
    assert abs(rehearsed.verdict.effect - truth.gain) < 4 * error


def test_the_same_seed_gives_the_same_first_experiment_and_others_than_those_who_come_later(
    folder: Path,
) -> None:
    lines = (folder / "first-clients.csv").read_text().splitlines()
    assert lines[0] == "client,arm,revenue,bought"
    arms = [line.split(",")[1] for line in lines[1:]]
    assert 0.45 < np.mean([arm == "candidate" for arm in arms]) < 0.55
    request = Request(500, 11, "uplift", folder / "uplift.pmml", folder, CAMPAIGN)
    later = set(know(request).clients.uuid.tolist())
    assert not later & {int(line.split(",")[0]) for line in lines[1:]}


def test_the_planned_clients_find_the_planned_effect_with_the_planned_power() -> None:
    plan = make_plan(effect=CAMPAIGN.effect, sd=CAMPAIGN.sd, n_per_arm=CLIENTS)
    assert plan.achieved_power >= 0.8
