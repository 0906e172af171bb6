"""The platform must prove itself: false alarms and power through the rules that give verdicts."""

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import Ledger, Moments, Plan
from liftstream.experiment.compare.comparison import invert
from liftstream.experiment.compare.means import welch_error
from liftstream.experiment.numerics.binomial import acceptance_band
from liftstream.experiment.trial.simulation import first_decision
from tests.oracles.formulas import kolmogorov


@pytest.mark.slow
def test_10000_experiments_without_an_effect_give_430_to_573_false_alarms() -> None:
    found = experiment.simulate(experiment.plan(effect=0.7, sd=15), runs=10_000, seed=20)
    assert 430 <= found.verdicts["improves"] <= 573
    assert found.within


@pytest.mark.slow
def test_with_five_looks_false_alarms_stay_below_alpha_and_its_band_and_peeking_does_not() -> None:
    found = experiment.simulate(experiment.plan(effect=0.7, sd=15, looks=5), runs=10_000, seed=21)
    assert found.verdicts["improves"] <= 573
    assert found.within
    assert found.naive_rate > 0.12


@pytest.mark.parametrize("looks", [1, 5])
def test_the_planned_effect_is_found_as_often_as_planned(looks: int) -> None:
    found = experiment.simulate(
        experiment.plan(effect=0.7, sd=15, looks=looks), effect=0.7, runs=3_000, seed=22
    )
    assert found.expected == pytest.approx(0.8, abs=1e-3)
    assert found.within


@pytest.mark.parametrize("revenue", ["lognormal", "buyers", "normal"])
@pytest.mark.parametrize("two_sided", [False, True])
def test_other_money_is_no_excuse(revenue: str, two_sided: bool) -> None:
    plan = experiment.plan(effect=2, sd=15, looks=3, two_sided=two_sided, spending="pocock")
    found = experiment.simulate(plan, runs=2_000, revenue=revenue, seed=23)
    assert found.within, found
    assert found.rate > 0.02


def test_two_sided_plans_count_harm_and_futility_ends_early() -> None:
    plan = experiment.plan(effect=2, sd=15, looks=4, futility="obf")
    found = experiment.simulate(plan, runs=2_000, seed=24)
    assert found.within
    assert found.mean_clients < 0.65 * plan.n_total
    two_sided = experiment.plan(effect=2, sd=15, two_sided=True)
    both = experiment.simulate(two_sided, effect=-2, runs=2_000, seed=25)
    assert both.verdicts["harms"] > 1_500


def test_the_arrays_decide_what_the_verdict_decides() -> None:
    rng = np.random.default_rng(26)
    plan = Plan(effect=2, sd=15, n_per_arm=900, looks=3, futility="pocock")
    ends = [300, 600, 900]
    words = {1: "improves", -1: "harms", 0: "no improvement"}
    for _ in range(60):
        money = {name: rng.gamma(1.86, 10.75, 900) for name in plan.arms}
        money["candidate"] += rng.choice([-2.0, 0.0, 2.0])
        ledger, z = Ledger.of(plan), []
        for end in ends:
            arms = {name: Moments.of(values[:end]) for name, values in money.items()}
            ledger = experiment.take_look(plan, ledger, arms)
            z.append(ledger.looks[-1].candidates["candidate"].z)
        word, at = first_decision(plan, np.asarray([z]))
        found = experiment.verdict(plan, ledger)
        assert found.verdict == words[int(word[0])]
        assert found.candidates[0].look == at[0] + 1


def test_p_values_of_experiments_without_an_effect_are_uniform() -> None:
    rng = np.random.default_rng(27)
    runs, n = 2_000, 500
    arms = [rng.gamma(1.86, 10.75, (runs, n)) for _ in range(2)]
    squares = [arm.var(axis=1, ddof=1) / n for arm in arms]
    se, df = welch_error(*squares, n, n)
    pvalues = invert(arms[1].mean(axis=1) - arms[0].mean(axis=1), se, df, 0.05, "one-sided").pvalue
    assert kolmogorov.distance(pvalues) < kolmogorov.critical_distance(runs, 0.001)
    assert int((pvalues < 0.05).sum()) in acceptance_band(runs)


def test_the_same_seed_gives_the_same_result_and_what_cannot_be_simulated_is_refused() -> None:
    plan = experiment.plan(effect=2, sd=15)
    assert experiment.simulate(plan, runs=50, seed=1) == experiment.simulate(plan, runs=50, seed=1)
    with pytest.raises(ValueError, match="one candidate"):
        experiment.simulate(experiment.plan(effect=2, sd=15, candidates=("a", "b")))
    with pytest.raises(ValueError, match="n_per_arm must be at most"):
        experiment.simulate(experiment.plan(effect=1e-4, sd=15))
    with pytest.raises(ValueError, match="revenue must be one of gamma"):
        experiment.simulate(plan, revenue="cauchy")
