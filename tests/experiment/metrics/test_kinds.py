"""Rates and counts are planned from a base rate, judged per client, and read as rates."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail
from statsmodels.stats.rates import power_poisson_diff_2indep

from liftstream import experiment
from liftstream.experiment import Ledger, Moments, Plan
from liftstream.experiment.metrics.kinds import COUNT, MONEY, PROPORTION


def judged(plan: Plan, original: np.ndarray, candidate: np.ndarray) -> experiment.Verdict:
    arms = {"original": Moments.of(original), "candidate": Moments.of(candidate)}
    return experiment.verdict(plan, experiment.take_look(plan, Ledger.of(plan), arms, final=True))


def test_a_rate_is_planned_from_its_base_rate_as_statsmodels_does() -> None:
    plan = experiment.plan(kind="proportion", base_rate=0.05, effect=0.01, outcome="contact")
    theirs = samplesize_proportions_2indep_onetail(
        0.01, 0.05, 0.8, ratio=1, alpha=0.05, value=0, alternative="larger"
    )
    assert plan.n_exact == pytest.approx(float(theirs), rel=1e-9)
    assert plan.sd == pytest.approx(math.sqrt(0.05 * 0.95))


def test_a_count_is_planned_with_the_spread_of_its_mean_unless_told_otherwise() -> None:
    plan = experiment.plan(kind="count", base_rate=2.0, effect=0.1)
    found = power_poisson_diff_2indep(2.1, 2.0, plan.n_exact, alternative="larger", return_results=False)
    assert found == pytest.approx(0.8, abs=1e-9)
    wider = experiment.plan(kind="count", base_rate=2.0, sd=3.0, effect=0.1)
    theirs = NormalIndPower().solve_power(0.1 / 3.0, alpha=0.05, power=0.8, alternative="larger")
    assert (wider.sd, wider.n_exact) == (3.0, pytest.approx(theirs, rel=1e-4))


def test_a_verdict_on_a_rate_reads_as_a_rate() -> None:
    plan = experiment.plan(kind="proportion", base_rate=0.0057, effect=0.002, outcome="conversion")
    original, candidate = np.zeros(21_306), np.zeros(21_387)
    original[:122], candidate[:188] = 1, 1
    found = judged(plan, original, candidate)
    assert found.unit == "share of clients"
    assert found.sentence.startswith(
        "The candidate improves: conversion is 0.88 % of clients against 0.57 %, 0.31 points more (90 % interval "
    )
    assert found.sentence.endswith("The interval includes the planned effect of 0.20 points.")
    assert "$" not in found.sentence


def test_a_verdict_on_a_count_is_without_dollars_too() -> None:
    rng = np.random.default_rng(3)
    plan = experiment.plan(kind="count", base_rate=2.0, effect=0.1, outcome="rounds")
    found = judged(plan, rng.poisson(2.0, 4_000), rng.poisson(2.0, 4_000))
    assert found.sentence.startswith("No improvement was found: rounds is ")
    assert "per client" in found.sentence
    assert "$" not in found.sentence


def test_several_candidates_of_a_rate_are_named() -> None:
    rng = np.random.default_rng(4)
    plan = experiment.plan(kind="proportion", base_rate=0.2, effect=0.1, candidates=("a", "b"))
    arms = {
        name: Moments.of(rng.random(2_000) < rate)
        for name, rate in (("original", 0.2), ("a", 0.2), ("b", 0.4))
    }
    found = experiment.verdict(plan, experiment.take_look(plan, Ledger.of(plan), arms, final=True))
    assert found.sentence.startswith("Candidate b improves: conversion is ")


def test_plans_that_were_sealed_before_there_were_kinds_keep_their_seal() -> None:
    plan = Plan(effect=0.7, sd=15, n_per_arm=5877, looks=5)
    assert plan.hash.startswith("3100c3f1e080")
    older = {
        name: value for name, value in plan.to_dict().items() if name not in {"kind", "outcome", "base_rate"}
    }
    assert Plan.from_dict(older) == plan
    assert Plan.from_dict(plan.to_dict()) == plan
    rate = experiment.plan(kind="proportion", base_rate=0.05, effect=0.01)
    assert Plan.from_dict(rate.to_dict()) == rate


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"base_rate": 1.2}, "base_rate", "between 0 and 1"),
        ({"base_rate": 0.995}, "effect", "stays in 0..1"),
        ({"base_rate": None}, "sd", "sd is missing"),
        ({"kind": "money"}, "base_rate", "absent for money"),
        ({"kind": "ratio"}, "kind", "one of money, proportion, count"),
        ({"sd": 3.0}, "sd", "absent"),
    ],
)
def test_what_does_not_fit_a_kind_is_named_by_its_field(
    change: dict[str, object], field: str, said: str
) -> None:
    right = {"kind": "proportion", "base_rate": 0.05, "effect": 0.01, "n_per_arm": 10_000}
    assert experiment.check_plan(right) == []
    (problem,) = experiment.check_plan({**right, **change})
    assert problem.field == field
    assert said in problem.problem


def test_amounts_read_in_the_words_of_their_kind() -> None:
    assert MONEY.level(20.04) == "20.04 $ per client"
    assert PROPORTION.level(0.0088) == "0.88 % of clients"
    assert PROPORTION.change(-0.0031, sign=True) == "-0.31 points"
    assert COUNT.against(1.2, 1.32) == "1.32 per client against 1.20"
