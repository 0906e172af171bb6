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


@pytest.mark.parametrize(
    ("plan", "drawn"),
    [
        ({"kind": "proportion", "base_rate": 0.02, "effect": 0.03}, "zeros and ones"),
        ({"kind": "count", "base_rate": 0.1, "effect": 0.1, "looks": 2}, "Poisson counts"),
        ({"kind": "count", "base_rate": 0.5, "sd": 1.5, "effect": 0.3}, "negative binomial counts"),
    ],
)
def test_rates_and_counts_are_found_as_often_as_planned(plan: dict[str, object], drawn: str) -> None:
    sealed = experiment.plan(**plan)
    honest, found = (
        experiment.simulate(sealed, effect=effect, runs=2_000, seed=28) for effect in (0.0, sealed.effect)
    )
    assert (honest.revenue, honest.expected) == (drawn, 0.05)
    assert found.expected == pytest.approx(0.8, abs=0.01)
    assert all(one.within for one in (honest, found))


def test_against_a_margin_alpha_is_expected_where_the_true_effect_is_the_margin() -> None:
    plan = experiment.plan(effect=1, sd=15, margin=-1)
    at_margin, alike, found = (
        experiment.simulate(plan, effect=effect, runs=2_000, seed=30) for effect in (-1, 0, 1)
    )
    n = plan.n_per_arm
    assert (at_margin.expected, found.expected) == (0.05, pytest.approx(0.8, abs=1e-3))
    assert alike.expected == pytest.approx(experiment.solve_power(n=n, effect=0, margin=-1, sd=15).power)
    assert all(one.within for one in (at_margin, alike, found))


def test_with_two_sides_a_loss_is_expected_as_often_as_a_gain() -> None:
    plan = experiment.plan(effect=2, sd=15, two_sided=True, looks=2)
    loss, gain = (experiment.simulate(plan, effect=effect, runs=1_000, seed=31) for effect in (-2, 2))
    assert loss.expected == pytest.approx(gain.expected)
    assert all(one.within for one in (loss, gain))


def test_a_look_at_which_nobody_did_anything_decides_nothing() -> None:
    plan = Plan(effect=0.3, kind="proportion", base_rate=0.001, sd=None, n_per_arm=40, looks=4)
    found = experiment.simulate(plan, runs=300, seed=32)
    assert found.verdicts["no improvement"] == 300


def test_a_rate_that_no_client_can_have_is_refused() -> None:
    rate, count = {"kind": "proportion", "base_rate": 0.5}, {"kind": "count", "base_rate": 0.5}
    for plan, effect, said in (
        (rate, 0.6, "candidate's rate 1.1 is between 0 and 1"),
        (count, -0.5, "candidate's mean count 0 is above 0"),
        ({**count, "sd": 0.5}, 0.1, "sd must be above the 0.707107 of Poisson counts of mean 0.5"),
    ):
        with pytest.raises(ValueError, match=said):
            experiment.simulate(experiment.plan(effect=0.1, **plan), effect=effect)


@pytest.mark.parametrize("revenue", ["gamma", "lognormal", "buyers", "normal"])
@pytest.mark.parametrize("unit", [1e-300, 100, 1e290])
def test_the_currency_changes_nothing(unit: float, revenue: str) -> None:
    effect, sd, margin = 2.0, 15.0, -0.5
    plans = [experiment.plan(effect=effect * k, sd=sd * k, margin=margin * k, looks=2) for k in (1, unit)]
    one, other = (
        experiment.simulate(plan, effect=plan.effect, runs=200, revenue=revenue, seed=33) for plan in plans
    )
    assert (one.verdicts, one.decided_at) == (other.verdicts, other.decided_at)
    assert other.expected == pytest.approx(one.expected)
