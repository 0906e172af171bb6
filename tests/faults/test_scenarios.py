"""The quick scenarios of the fault harness on a real broker; `make prove` runs them all. And: the harness can fail."""

from shutil import rmtree

import pytest

from liftstream.prove.case import Case
from liftstream.prove.run import run_scenario
from liftstream.prove.scenario import Scenario
from liftstream.prove.scenarios import SCENARIOS
from liftstream.prove.stage import ProofStage

SEED, PAIRS = 1, 2_000
SPEED = "new answers within"
"""The invariant that is a time: `liftstream prove` asserts it, a test on a loaded machine does not."""


@pytest.mark.parametrize("name", [one.name for one in SCENARIOS.values() if one.quick])
def test_nothing_is_lost_wrong_or_unexplained_in(name: str, stage: ProofStage) -> None:
    outcome = run_scenario(stage, SCENARIOS[name], SEED, PAIRS)
    broken = [one for one in outcome.checks if one["broken"] and not one["invariant"].startswith(SPEED)]
    assert not broken, [*broken, *outcome.schedule]


@pytest.mark.parametrize("name", ["kill-in-a-batch", "poison"])
def test_nothing_is_lost_or_wrong_on_a_stream_of_mixed_features_and_uuids_in(
    name: str, stage: ProofStage
) -> None:
    outcome = run_scenario(stage, SCENARIOS[name], SEED, PAIRS, stream="mixed")
    broken = [one for one in outcome.checks if one["broken"] and not one["invariant"].startswith(SPEED)]
    assert not broken, [*broken, *outcome.schedule]


def test_a_worker_that_commits_what_it_has_not_answered_is_found_out(stage: ProofStage) -> None:
    def start_one_that_commits_at_once(case: Case) -> None:
        case.workers.start(point="commits-at-once")
        with case.traffic():
            case.until_answering()
            case.wait(2, 3)
        case.drain()

    scenario = Scenario("commits-at-once", "a worker that commits at once", start_one_that_commits_at_once)
    outcome = run_scenario(stage, scenario, SEED, PAIRS)
    assert outcome.kept is not None
    rmtree(outcome.kept)  # what is broken keeps its folder
    assert outcome.broken("nothing committed beyond an unresolved half") > 0
