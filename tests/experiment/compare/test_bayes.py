import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from liftstream import experiment
from liftstream.experiment.compare import bayes
from testbed.examples import examples


def test_belief_in_rates_is_what_draws_from_the_posteriors_say() -> None:
    rng = np.random.default_rng(31)
    found = experiment.believe_rates(40, 400, 55, 420, prior=(2, 8))
    original, candidate = rng.beta(42, 368, 400_000), rng.beta(57, 373, 400_000)
    apart = candidate - original
    assert found.better == pytest.approx((apart > 0).mean(), abs=0.003)
    assert found.loss_candidate == pytest.approx(np.maximum(-apart, 0).mean(), rel=0.05)
    assert found.loss_original == pytest.approx(np.maximum(apart, 0).mean(), rel=0.02)
    assert found.prior == "beta(2, 8) for both rates"


@examples(60)
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


@pytest.mark.parametrize("prior", [(1, 1), (0.5, 0.5), (0.1, 0.1), (0.01, 0.01), (1e-4, 1e-4)])
@pytest.mark.parametrize("converted", [0, 10])
def test_arms_in_which_nobody_or_everybody_converted_are_equally_good_under_any_prior(
    prior, converted: int
) -> None:
    """The densities are infinite at that end where the prior is below 1."""
    found = experiment.believe_rates(converted, 10, converted, 10, prior=prior)
    assert found.better == pytest.approx(0.5, abs=1e-10)
    assert found.loss_candidate == pytest.approx(found.loss_original, rel=1e-10)


@pytest.mark.parametrize(
    ("counts", "prior", "better"),
    [
        ((0, 10_000, 1, 1_000_000), (0.5, 0.5), 0.1264842712928943),
        ((0, 10_000, 1, 1_000_000), (1, 1), 0.019705882063658395),
        ((1, 10_000, 0, 1_000_000), (0.1, 0.1), 0.0005782159911235398),
        ((5, 10, 100_000, 1_000_000), (10, 90), 0.12710053791525344),
    ],
)
def test_belief_in_rates_is_the_integral_over_a_fine_grid(counts, prior, better: float) -> None:
    """Of 800 panels of 24 points each over the log odds."""
    found = experiment.believe_rates(*counts, prior=prior)
    assert found.better == pytest.approx(better, abs=1e-11)
    assert found.loss_original - found.loss_candidate == pytest.approx(found.effect, abs=1e-12)


def test_means_are_taken_as_an_array_and_must_be_numbers() -> None:
    given = np.array([1.0, 1.2]), np.array([0.1, 0.15])
    assert bayes.probability_best(*given) == bayes.probability_best(*(list(one) for one in given))
    with pytest.raises(ValueError, match="means must be a finite number, got no number"):
        bayes.probability_best([float("nan"), 1.2], [0.1, 0.15])
    with pytest.raises(ValueError, match="prior_mean must be a finite number, got no number"):
        experiment.believe_mean(0.7, 0.3, prior_mean=float("nan"), prior_sd=1)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_a_belief_has_the_unit_of_its_effect(unit: float) -> None:
    found, plain = experiment.believe_mean(2 * unit, unit), experiment.believe_mean(2.0, 1.0)
    assert found.better == plain.better
    assert (found.low / unit, found.high / unit) == pytest.approx((plain.low, plain.high))


@pytest.mark.parametrize("df", [1.5, 2.5, 7, 60, 1e5, 1e7, math.inf])
@pytest.mark.parametrize("effect", [-0.4, 0.0, 1.3])
def test_with_few_clients_the_posterior_is_students(effect: float, df: float) -> None:
    se = 0.7
    posterior = stats.norm(effect, se) if math.isinf(df) else stats.t(df, effect, se)
    found = experiment.believe_mean(effect, se, df=df)
    assert found.better == pytest.approx(posterior.sf(0), rel=1e-9)
    assert (found.low, found.high) == pytest.approx(posterior.interval(0.95), rel=1e-9)
    assert found.loss_candidate == pytest.approx(integrate.quad(posterior.cdf, -np.inf, 0)[0], rel=1e-5)
    assert found.loss_original == pytest.approx(integrate.quad(posterior.sf, 0, np.inf)[0], rel=1e-5)
    assert found.sd == (pytest.approx(posterior.std(), rel=1e-9) if df > 2 else None)


def test_a_belief_without_a_prior_is_the_p_value_of_the_same_data() -> None:
    arms = {"arm": ["original"] * 2 + ["candidate"] * 2, "revenue": [1.0, 2.0, 3.0, 5.0]}
    (candidate,) = experiment.analyze(arms).candidates
    assert candidate.belief.better == pytest.approx(1 - candidate.numbers.pvalue)
