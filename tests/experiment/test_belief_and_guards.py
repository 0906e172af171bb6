import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.assignment import planout
from liftstream.experiment.checks import guards, sample_ratio
from liftstream.experiment.compare import bayes, quantiles
from liftstream.experiment.numerics import kolmogorov
from liftstream.experiment.numerics.binomial import acceptance_band


def test_belief_in_rates_is_what_draws_from_the_posteriors_say() -> None:
    rng = np.random.default_rng(31)
    found = experiment.believe_rates(40, 400, 55, 420, prior=(2, 8))
    original, candidate = rng.beta(42, 368, 400_000), rng.beta(57, 373, 400_000)
    apart = candidate - original
    assert found.better == pytest.approx((apart > 0).mean(), abs=0.003)
    assert found.loss_candidate == pytest.approx(np.maximum(-apart, 0).mean(), rel=0.05)
    assert found.loss_original == pytest.approx(np.maximum(apart, 0).mean(), rel=0.02)
    assert found.prior == "beta(2, 8) for both rates"


@settings(max_examples=60, deadline=None)
@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.01, 3))
def test_losses_differ_by_the_effect_and_a_prior_shrinks(effect, se, prior_sd) -> None:
    flat, informed = (
        experiment.believe_mean(effect, se),
        experiment.believe_mean(effect, se, prior_sd=prior_sd),
    )
    assert flat.loss_original - flat.loss_candidate == pytest.approx(effect, abs=1e-9)
    assert abs(informed.effect) <= abs(effect)
    assert informed.sd < se
    assert flat.prior == "flat"


@pytest.mark.parametrize("rates", [(0, 10, 0, 10), (0, 5, 5, 5), (3, 1_000_000, 9, 1_000_000)])
def test_belief_in_extreme_rates_is_a_probability(rates) -> None:
    found = experiment.believe_rates(*rates)
    swapped = experiment.believe_rates(*rates[2:], *rates[:2])
    assert found.better + swapped.better == pytest.approx(1, abs=1e-9)


def test_probabilities_to_be_best_sum_to_one_and_follow_draws() -> None:
    rng = np.random.default_rng(32)
    means, ses = [1.0, 1.2, 0.7], [0.1, 0.15, 0.4]
    best = bayes.probability_best(means, ses)
    draws = rng.normal(means, ses, (400_000, 3)).argmax(axis=1)
    assert sum(best) == pytest.approx(1)
    assert best == pytest.approx(np.bincount(draws) / 400_000, abs=0.004)


def test_a_split_is_judged_by_the_planned_weights() -> None:
    assert experiment.check_sample_ratio({"a": 900, "b": 100}, {"a": 0.9, "b": 0.1}).status == "ok"
    alarm = experiment.check_sample_ratio({"a": 900, "b": 100}, {"a": 0.5, "b": 0.5})
    assert alarm.status == "alarm"
    assert "900" in alarm.sentence
    chi2, df, p = sample_ratio.chi_square([500, 500, 0], [0.5, 0.5, 0.0])
    assert (chi2, df, p) == (0.0, 1, 1.0)


@pytest.mark.parametrize(
    ("observed", "weights", "said"),
    [
        ([1, 2], [0, 0], "a sum above 0"),
        ([1, -2], [1, 1], "at least 0"),
        ([1, 2], [1, -1], "at least 0"),
        ([1, 2, 3], [1, 1, 0], "0 for an arm of weight 0"),
        ([1, 2], [1], "one for each of 2 arms"),
    ],
)
def test_splits_that_make_no_sense_are_refused(observed, weights, said) -> None:
    with pytest.raises(ValueError, match=said):
        sample_ratio.chi_square(observed, weights)


def test_the_sequential_split_check_is_rarely_wrong_however_often_it_is_asked() -> None:
    rng = np.random.default_rng(33)
    wrong = 0
    for _ in range(300):
        rows = rng.multinomial(50, [0.5, 0.5], size=60).tolist()
        wrong += sample_ratio.sequential_p(rows, [0.5, 0.5], 100)[-1] < 0.05
    assert wrong <= acceptance_band(300, 0.05).max_rejections
    lost = rng.multinomial(50, [0.6, 0.4], size=60).tolist()
    assert sample_ratio.sequential_p(lost, [0.5, 0.5], 100)[-1] < 1e-6


def test_arms_that_started_differently_raise_an_alarm() -> None:
    alike = {"original": Moments.from_summary(5000, 10, 5), "candidate": Moments.from_summary(5000, 10.05, 5)}
    assert experiment.check_balance(alike).status == "ok"
    different = {**alike, "candidate": Moments.from_summary(5000, 11, 5)}
    assert experiment.check_balance(different).status == "alarm"


def test_a_heavy_tail_asks_for_more_clients() -> None:
    rng = np.random.default_rng(34)
    heavy = {"original": rng.lognormal(0, 2, 500), "candidate": rng.lognormal(0, 2, 500)}
    check = experiment.check_heavy_tail(heavy)
    assert check.status == "warning"
    assert check.numbers["needed"] == pytest.approx(355 * check.numbers["skewness"] ** 2)
    light = {name: rng.normal(20, 15, 500) for name in heavy}
    assert experiment.check_heavy_tail(light).status == "ok"


def test_an_answer_that_hangs_on_ten_clients_is_named() -> None:
    rng = np.random.default_rng(35)
    original, candidate = rng.normal(20, 2, 500), rng.normal(20, 2, 500)
    candidate[:8] += 200
    with_all = experiment.welch(original, candidate)
    assert with_all.significant
    check = experiment.check_largest(original, candidate, with_all)
    assert check.status == "warning"
    assert "hangs on the 10 largest clients" in check.sentence
    assert guards.without_largest(original, candidate)[1].max() < 100


def test_too_few_clients_are_named() -> None:
    assert experiment.check_clients({"a": np.ones(29), "b": np.ones(500)}).status == "warning"
    assert experiment.check_clients({"a": np.ones(30), "b": np.ones(500)}).status == "ok"


@pytest.mark.parametrize(("runs", "low", "high"), [(10_000, 430, 573), (2_000, 69, 133), (1_000, 29, 74)])
def test_the_bands_of_honest_simulations(runs: int, low: int, high: int) -> None:
    band = acceptance_band(runs, 0.05)
    assert (band.min_rejections, band.max_rejections) == (low, high)
    assert low in band
    assert low - 1 not in band


@pytest.mark.parametrize(("n", "alpha"), [(5, 0.2), (100, 0.05), (141, 0.5), (1_000, 0.001), (5_000, 0.05)])
def test_the_kolmogorov_distance_is_that_of_scipy(n: int, alpha: float) -> None:
    from scipy.stats import kstwo

    assert kolmogorov.critical_distance(n, alpha) == pytest.approx(kstwo.isf(alpha, n), rel=1e-9)


def test_the_interval_of_a_median_covers_at_least_as_often_as_it_says() -> None:
    rng = np.random.default_rng(36)
    ranks = quantiles.quantile_ranks(50, 0.5, 0.95)
    sample = np.sort(rng.exponential(1, (4_000, 50)), axis=1)
    inside = (sample[:, ranks.lower_rank - 1] <= math.log(2)) & (
        math.log(2) <= sample[:, ranks.upper_rank - 1]
    )
    assert ranks.coverage >= 0.95
    assert inside.mean() == pytest.approx(ranks.coverage, abs=0.012)


def test_caps_cut_and_count_and_show_the_raw_values_besides() -> None:
    money = [0.0] * 90 + [10.0] * 9 + [1_000.0]
    capped = experiment.cap(money, 100)
    assert (capped.changed, capped.capped.mean, capped.raw.mean) == (1, 1.9, pytest.approx(10.9))
    buyers = experiment.winsorize(money, upper=0.8, non_zero=True)
    assert buyers.high == 10.0
    assert experiment.winsorize(money, upper=0.8).high == 0.0


def test_planout_spreads_units_evenly() -> None:
    draws = [planout.planout_uniform("salt", "arm", unit) for unit in range(2_000)]
    assert kolmogorov.distance(draws) < kolmogorov.critical_distance(2_000, 1e-6)
