import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftstream import experiment
from testbed.examples import examples

RIGHT = {"effect": 0.7, "sd": 15, "n_per_arm": 20_000}


def test_too_few_clients_are_named_with_the_number_that_would_fit() -> None:
    (problem,) = experiment.check_plan(effect=0.7, sd=15, n_per_arm=5678, looks=5)
    assert (problem.field, problem.fits) == ("n_per_arm", 5877)
    assert "5,877 would fit" in problem.problem
    assert "5 looks cost 3.5 % more clients" in problem.problem


@examples(40)
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
        ("weights", [5e-324, 1]),
        ("weights", {"original": 1, "candidate": 1e-9}),
        ("effect", 1e308),
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


def test_all_wrong_fields_are_named_at_once() -> None:
    problems = experiment.check_plan(effect=-1, sd="much", alpha=2)
    assert {p.field for p in problems} == {"effect", "sd", "alpha", "n_per_arm"}


def test_junk_is_answered_and_never_raised() -> None:
    assert {p.field for p in experiment.check_plan({})} == {"effect", "sd", "n_per_arm"}
    assert experiment.check_plan({"effect": [], "sd": {}, "n_per_arm": 1e400})


@given(
    alpha=st.floats(min_value=0, max_value=1e-12),
    looks=st.sampled_from([1, 2, 20]),
    spending=st.sampled_from(["obf", "pocock", "hsd", "kim-demets", "pocock-classic"]),
    candidates=st.integers(1, 4),
    two_sided=st.booleans(),
)
@examples(40)
@example(alpha=5e-324, looks=1, spending="obf", candidates=1, two_sided=True)
@example(alpha=1e-100, looks=20, spending="obf", candidates=4, two_sided=True)
def test_a_tiny_alpha_is_planned_or_refused_by_name(
    alpha: float, looks: int, spending: str, candidates: int, two_sided: bool
) -> None:
    values = {"effect": 0.7, "sd": 15, "alpha": alpha, "looks": looks, "spending": spending, "power": 0.8}
    values["candidates"] = [f"candidate {i}" for i in range(candidates)]
    values["alternative"] = "two-sided" if two_sided else "one-sided"
    problem = experiment.check_plan(values)[0]
    assert problem.field == ("alpha" if alpha < 1e-100 else "n_per_arm")


@examples(40)
@given(
    st.sampled_from([{"sd": 15.0}, {"base_rate": 0.12, "kind": "proportion", "outcome": "contact"}]),
    st.floats(0.01, 0.06),
    st.integers(200, 900),
    st.sampled_from([1, 3]),
)
@example({"base_rate": 0.12, "kind": "proportion", "outcome": "contact"}, 0.05, 200, 1)
def test_the_effect_that_would_fit_fits(spread, effect, clients, looks) -> None:
    asked = {**spread, "effect": effect, "n_per_arm": clients, "looks": looks, "alternative": "two-sided"}
    for problem in experiment.check_plan(asked):
        said = float(problem.problem.rpartition("an effect of ")[2])
        assert said > effect
        assert experiment.check_plan({**asked, "effect": said}) == []
        assert experiment.check_plan({**asked, "effect": 0.99 * said}) != []
