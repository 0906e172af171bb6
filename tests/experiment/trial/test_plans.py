import json
from dataclasses import FrozenInstanceError

import pytest

from liftstream import experiment
from liftstream.experiment import Plan

RIGHT = {"effect": 0.7, "sd": 15, "n_per_arm": 20_000}


def test_five_looks_need_5877_clients_per_arm() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=5)
    assert plan.n_per_arm == 5877
    assert plan.n_total == plan.look_clients[-1] == 11754
    assert plan.achieved_power == pytest.approx(0.8, abs=1e-4)


def test_a_plan_is_sealed() -> None:
    plan = experiment.plan(effect=0.7, sd=15, looks=5)
    with pytest.raises(FrozenInstanceError):
        plan.effect = 0.5  # type: ignore[misc]
    document = json.loads(json.dumps(plan.to_dict()))
    assert Plan.from_dict(document) == plan
    document["effect"] = 0.5
    with pytest.raises(ValueError, match="the plan was changed after it was sealed"):
        Plan.from_dict(document)


def test_the_seal_depends_on_values_and_not_on_how_they_are_written() -> None:
    one = Plan(effect=1, sd=15, n_per_arm=3000.0, candidates=["a"])  # type: ignore[arg-type]
    other = Plan(effect=1.0, sd=15.0, n_per_arm=3000, candidates=("a",))
    assert one.hash == other.hash
    assert one.hash != Plan(effect=1.0, sd=15.0, n_per_arm=3001, candidates=("a",)).hash


def test_several_candidates_share_alpha() -> None:
    plan = experiment.plan(effect=0.7, sd=15, candidates=("a", "b"))
    assert plan.n_per_arm == 7209
    assert plan.clients == {"original": 7209, "a": 7209, "b": 7209}


def test_unequal_weights_say_how_many_clients_each_arm_has() -> None:
    plan = experiment.plan(effect=0.7, sd=15, weights=(0.8, 0.2))
    assert plan.clients == {"original": 14195, "candidate": 3549}
    assert plan.shares == pytest.approx({"original": 0.8, "candidate": 0.2})


def test_weights_may_be_given_by_name() -> None:
    named = experiment.plan(effect=0.7, sd=15, weights={"candidate": 0.2, "original": 0.8})
    assert named == experiment.plan(effect=0.7, sd=15, weights=(0.8, 0.2))
    assert [p.field for p in experiment.check_plan(effect=0.7, sd=15, n_per_arm=9000, weights={"a": 1})] == [
        "weights"
    ]


def test_a_cap_is_applied_to_a_client() -> None:
    plan = experiment.plan(effect=0.7, sd=15, cap=100)
    assert (plan.capped(250.0), plan.capped(20.0)) == (100.0, 20.0)


def test_more_clients_are_accepted_with_the_power_they_achieve() -> None:
    assert experiment.check_plan(effect=0.7, sd=15, n_per_arm=8000) == []
    plan = experiment.plan(effect=0.7, sd=15, n_per_arm=8000)
    expected = experiment.solve_power(n=8000, effect=0.7, sd=15).power
    assert plan.achieved_power == pytest.approx(expected, abs=1e-9)


def test_a_correlation_without_its_covariate_saves_nothing() -> None:
    assert [p.field for p in experiment.check_plan({**RIGHT, "correlation": 0.5})] == ["covariate"]


def test_a_plan_takes_arguments_named_like_the_options() -> None:
    assert experiment.plan(effect=0.7, sd=15, n=6000, looks=5).n_per_arm == 6000
    assert experiment.plan(effect=0.7, sd=15, method="t").n_per_arm == 5679
    assert experiment.plan(effect=0.7, sd=15, ratio=2).clients == {"original": 4259, "candidate": 8518}
    assert experiment.plan(effect=0.7, sd=15, correlation=0.5).covariate == "covariate"
    assert experiment.plan(effect=0.7, sd=15, looks=3, spending="hsd", parameter=-2).spending_parameter == -2
    with pytest.raises(ValueError, match="n must be absent where n_per_arm is given"):
        experiment.plan(effect=0.7, sd=15, n=6000, n_per_arm=6000)
