"""Priors by likelihood: the truth is found, degenerate histories keep or widen, and the gradient is the gradient."""

import numpy as np
import pytest
from scipy import optimize

from liftstream import bandits
from liftstream.bandits.prior import _slope


def test_the_prior_that_made_the_arms_is_found() -> None:
    rng = np.random.default_rng(2)
    trials = rng.integers(200, 600, 2000)
    successes = rng.poisson(trials * rng.gamma(25, 0.1 / 25, 2000))
    found = bandits.fit_prior(trials, successes)
    assert found.mu_0 == pytest.approx(0.1, rel=0.03)
    assert found.sigma_0 == pytest.approx(0.02, rel=0.05)


def test_the_slope_is_that_of_the_likelihood() -> None:
    n, r = np.array([200.0, 150, 300]), np.array([30.0, 9, 48])
    point = np.log([0.12, 0.04])
    numeric = optimize.approx_fprime(point, lambda x: bandits.prior_log_likelihood(n, r, *np.exp(x)), 1e-7)
    assert _slope(n, r, 0.12, 0.04) == pytest.approx(numeric, rel=1e-4)


def test_arms_that_are_all_alike_do_not_make_a_prior_that_nothing_moves() -> None:
    found = bandits.fit_prior([100] * 6, [10] * 6)
    assert found.effective_sample_size == pytest.approx(10 * 100)
    assert "limited" in found.reason


def test_too_little_history_keeps_the_configured_prior_and_says_why() -> None:
    kept = bandits.Prior(0.2, 0.1)
    few = bandits.fit_prior([100, 100], [1, 2], kept)
    none = bandits.fit_prior([100] * 4, [0] * 4, kept)
    assert (few.mu_0, few.sigma_0, few.fitted) == (0.2, 0.1, False)
    assert "2 arms" in few.reason
    assert "no arm had a success" in none.reason


@pytest.mark.parametrize("wrong", [-1, -0.5, float("nan"), float("inf")])
def test_counts_that_are_none_are_refused_with_their_value(wrong: float) -> None:
    with pytest.raises(ValueError, match="successes must be counts of at least 0, got "):
        bandits.fit_prior([10, 10, 10], [1, wrong, 1])
