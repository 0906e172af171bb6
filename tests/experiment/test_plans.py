import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import Plan


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


def test_too_few_clients_are_named_with_the_number_that_would_fit() -> None:
    (problem,) = experiment.check_plan(effect=0.7, sd=15, n_per_arm=5678, looks=5)
    assert (problem.field, problem.fits) == ("n_per_arm", 5877)
    assert "5,877 would fit" in problem.problem
    assert "5 looks cost 3.5 % more clients" in problem.problem


def test_more_clients_are_accepted_with_the_power_they_achieve() -> None:
    assert experiment.check_plan(effect=0.7, sd=15, n_per_arm=8000) == []
    plan = experiment.plan(effect=0.7, sd=15, n_per_arm=8000)
    expected = experiment.solve_power(n=8000, effect=0.7, sd=15).power
    assert plan.achieved_power == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.1, 5),
    st.floats(1, 50),
    st.floats(0.01, 0.2),
    st.floats(0.5, 0.95),
    st.integers(1, 6),
    st.sampled_from(["one-sided", "two-sided"]),
    st.sampled_from(["obf", "pocock"]),
)
def test_the_value_that_would_fit_fits(effect, sd, alpha, power, looks, alternative, spending) -> None:
    asked = {
        "effect": effect,
        "sd": sd,
        "alpha": alpha,
        "power": power,
        "looks": looks,
        "alternative": alternative,
        "spending": spending,
    }
    (problem,) = experiment.check_plan(asked)
    assert problem.field == "n_per_arm"
    assert experiment.check_plan(asked, n_per_arm=problem.fits) == []
    if problem.fits > 2:
        assert [p.field for p in experiment.check_plan(asked, n_per_arm=problem.fits - 1)] == ["n_per_arm"]


RIGHT = {"effect": 0.7, "sd": 15, "n_per_arm": 20_000}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("effect", 0),
        ("effect", "0.7"),
        ("effect", None),
        ("sd", -15),
        ("sd", float("nan")),
        ("n_per_arm", 1),
        ("n_per_arm", 10.5),
        ("n_per_arm", True),
        ("alpha", 1),
        ("alpha", 0.7),
        ("power", 0.03),
        ("alternative", "greater"),
        ("looks", 0),
        ("looks", "many"),
        ("looks", [0.5, 0.4]),
        ("looks", []),
        ("spending", "all at once"),
        ("spending", "user"),
        ("cumulative_alpha", [0.01, 0.05]),
        ("spending_parameter", "x"),
        ("futility", "user"),
        ("candidates", []),
        ("candidates", ["a", "a"]),
        ("candidates", ["original"]),
        ("candidates", "a"),
        ("weights", [1, 2, 3]),
        ("weights", [1, 0]),
        ("margin", 0.8),
        ("cap", 0),
        ("covariate", 3),
        ("correlation", 1),
        ("looks", 201),
        ("n_per_arm", 10**400),
        ("binding", "no"),
        ("spending_parameter", 3),
        ("name", 3),
        ("effct", 0.7),
    ],
)
def test_every_field_that_does_not_fit_is_named(field: str, value: object) -> None:
    problems = experiment.check_plan({**RIGHT, field: value})
    named = {problem.field for problem in problems}
    assert named == {field} if field != "spending" or value != "user" else {"cumulative_alpha"}
    assert all(problem.problem for problem in problems)


def test_a_correlation_without_its_covariate_saves_nothing() -> None:
    assert [p.field for p in experiment.check_plan({**RIGHT, "correlation": 0.5})] == ["covariate"]


def test_all_wrong_fields_are_named_at_once() -> None:
    problems = experiment.check_plan(effect=-1, sd="much", alpha=2)
    assert {p.field for p in problems} == {"effect", "sd", "alpha", "n_per_arm"}


def test_junk_is_answered_and_never_raised() -> None:
    assert {p.field for p in experiment.check_plan({})} == {"effect", "sd", "n_per_arm"}
    assert experiment.check_plan({"effect": [], "sd": {}, "n_per_arm": 1e400})


def test_a_plan_takes_arguments_named_like_the_options() -> None:
    assert experiment.plan(effect=0.7, sd=15, n=6000, looks=5).n_per_arm == 6000
    assert experiment.plan(effect=0.7, sd=15, method="t").n_per_arm == 5679
    assert experiment.plan(effect=0.7, sd=15, ratio=2).clients == {"original": 4259, "candidate": 8518}
    assert experiment.plan(effect=0.7, sd=15, correlation=0.5).covariate == "covariate"
    assert experiment.plan(effect=0.7, sd=15, looks=3, spending="hsd", parameter=-2).spending_parameter == -2
    with pytest.raises(ValueError, match="n must be absent where n_per_arm is given"):
        experiment.plan(effect=0.7, sd=15, n=6000, n_per_arm=6000)
