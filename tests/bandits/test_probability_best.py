"""The probability of being the best, against an exact sum, symmetry, a dense integral, and its limits."""

import numpy as np
import pytest
from scipy import special

from liftstream.bandits import beta_probability_best, gamma_probability_best


def dense(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """The same integral as a plain sum over half a million points."""
    t = np.linspace(-60, 60, 500_001)
    a, b = alpha[:, None], beta[:, None]
    below = np.log(np.maximum(special.betainc(a, b, special.expit(t)), 1e-300))
    density = np.exp(-a * np.logaddexp(0, -t) - b * np.logaddexp(0, t) - special.betaln(a, b))
    return np.trapezoid(density * np.exp(below.sum(axis=0) - below), t, axis=1)


@pytest.mark.parametrize("seed", range(8))
def test_it_equals_a_dense_integral_for_few_and_for_very_many_observations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials = 10 ** rng.uniform(-0.5, 5, 7)
    rate = rng.beta(2, 5, 7) if seed % 2 else 0.1 + 0.01 * rng.random(7)
    alpha, beta = trials * rate + 0.3, trials * (1 - rate) + 0.3
    assert beta_probability_best(alpha, beta) == pytest.approx(dense(alpha, beta), abs=1e-7)


def test_two_betas_of_whole_numbers_have_the_known_sum() -> None:
    a, b, c, d = 5, 7, 9, 4
    i = np.arange(c)
    terms = special.betaln(a + i, b + d) - np.log(d + i) - special.betaln(1 + i, d) - special.betaln(a, b)
    assert beta_probability_best([a, c], [b, d])[1] == pytest.approx(np.exp(terms).sum(), abs=1e-10)


def test_equal_arms_are_equally_likely_and_hopeless_ones_are_not_integrated() -> None:
    assert beta_probability_best([3] * 5, [9] * 5) == pytest.approx(np.full(5, 0.2))
    assert gamma_probability_best([0.2] * 3, [4] * 3) == pytest.approx(np.full(3, 1 / 3), abs=1e-6)
    assert beta_probability_best([1, 90_000], [99_999, 10_000]).tolist() == [0, 1]
    assert gamma_probability_best([7], [2]).tolist() == [1]


def test_gammas_agree_with_draws() -> None:
    shape, rate = np.array([3.0, 40, 0.7]), np.array([30.0, 380, 4])
    draws = np.random.default_rng(1).standard_gamma(shape, (200_000, 3)) / rate
    frequency = np.bincount(draws.argmax(axis=1), minlength=3) / len(draws)
    assert gamma_probability_best(shape, rate) == pytest.approx(frequency, abs=0.005)
