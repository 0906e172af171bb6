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


def beta_log_below(t: np.ndarray, a: float, b: float) -> np.ndarray:
    """Of the logit, told from 1 by what is above and from 0 by the leading term."""
    with np.errstate(divide="ignore"):
        middle = np.log(special.betainc(a, b, special.expit(t)))
        upper = np.log1p(-special.betainc(b, a, special.expit(-t)))
    first_term = a * t - np.log(a) - special.betaln(a, b)
    return np.where(t < -30 - np.log1p(b), first_term, np.where(t < 0, middle, upper))


def gamma_log_below(t: np.ndarray, shape: float, rate: float) -> np.ndarray:
    x = t + np.log(rate)
    with np.errstate(divide="ignore", over="ignore"):
        middle = np.log(special.gammainc(shape, np.exp(np.minimum(x, 700))))
    return np.where(x < -30, shape * x - special.gammaln(shape + 1), middle)


def dense_of_little(first: np.ndarray, second: np.ndarray, kind: str) -> np.ndarray:
    """A plain sum over an axis that is long enough for tails of 1/100 a unit."""
    t = np.sinh(np.linspace(-9.4, 9.4, 60_001))
    log_below = beta_log_below if kind == "beta" else gamma_log_below
    below = np.array([log_below(t, a, b) for a, b in zip(first, second, strict=True)])
    found = []
    for own, a, b in zip(below, first, second, strict=True):
        if kind == "beta":
            log_density = -a * np.logaddexp(0, -t) - b * np.logaddexp(0, t) - special.betaln(a, b)
        else:
            x = t + np.log(b)
            log_density = a * x - np.exp(np.minimum(x, 700)) - special.gammaln(a)
        found.append(np.trapezoid(np.exp(log_density + below.sum(axis=0) - own), t))
    return np.array(found)


@pytest.mark.parametrize("kind", ["beta", "gamma"])
@pytest.mark.parametrize("seed", range(4))
def test_arms_of_which_next_to_nothing_is_known_are_compared_exactly(kind: str, seed: int) -> None:
    # priors of 1/100 have tails that end beyond the smallest and the largest number below 1
    rng = np.random.default_rng(seed)
    first, second = 10 ** rng.uniform(-2, 1, 5), 10 ** rng.uniform(-2, 2, 5)
    if seed % 2:
        first[:], second = first[0], second[0] * (1 + 0.1 * rng.random(5))
    ours = {"beta": beta_probability_best, "gamma": gamma_probability_best}[kind](first, second)
    assert ours == pytest.approx(dense_of_little(first, second, kind), abs=1e-6)


def by_quantiles(alpha: np.ndarray, beta: np.ndarray, arm: int) -> float:
    """Mean over the quantiles of one arm of the chance that all others are below."""
    levels = np.array([0, 1e-9, 1e-6, 1e-3, 0.02, 0.2, 0.5, 0.8, 0.98, 0.999, 1 - 1e-6, 1 - 1e-9, 1])
    cuts = special.betainc(alpha[arm], beta[arm], special.betaincinv(alpha[:, None], beta[:, None], levels))
    edges = np.unique(cuts)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half, middle = np.diff(edges)[:, None] / 2, (edges[1:] + edges[:-1])[:, None] / 2
    x = special.betaincinv(alpha[arm], beta[arm], (middle + half * nodes).ravel())
    others = np.delete(np.arange(alpha.size), arm)
    below = np.prod(special.betainc(alpha[others, None], beta[others, None], x), axis=0)
    return float((half * weights).ravel() @ below)


@pytest.mark.parametrize(("arms", "seed"), [*((n, seed) for n in (2, 12) for seed in range(6)), (200, 0)])
def test_a_thousand_million_trials_and_tiny_rates_are_compared_exactly(arms: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials = 10 ** rng.uniform(2, 9, arms)
    rate = (
        10 ** rng.uniform(-9, 0, arms) * 0.999 if seed % 2 else 0.1 + rng.normal(0, 0.3, arms) / trials**0.5
    )
    alpha, beta = 0.5 + trials * np.abs(rate), 0.5 + trials * (1 - np.abs(rate))
    ours = beta_probability_best(alpha, beta)
    assert ours.sum() == pytest.approx(1, abs=1e-12)
    for arm in np.argsort(-ours)[: 1 if arms > 12 else 2]:
        assert ours[arm] == pytest.approx(by_quantiles(alpha, beta, arm), abs=2e-6)


def test_a_million_million_trials_are_compared_with_three() -> None:
    assert beta_probability_best([1e15, 3], [1e15, 3]) == pytest.approx([0.5, 0.5], abs=1e-6)
    one_sd = special.ndtr(1)  # both beliefs are normal there, and one sd of their difference apart
    for found in (
        beta_probability_best([1e12, 1e12 + 2e6], [1e12, 1e12]),
        gamma_probability_best([1e12, 1e12 + 2**0.5 * 1e6], [1e13, 1e13]),
    ):
        assert found[1] == pytest.approx(one_sd, abs=2e-6)  # what scipy's distribution functions give there


def test_parameters_that_are_none_are_refused_with_their_value() -> None:
    for first, second, said in [
        ([0, 1], [1, 1], "alpha must be finite numbers above 0, got 0"),
        ([1, 1], [1, float("nan")], "beta must be"),
        ([1, 1, 1], [1, 1], "of one length, at least 1, got 3, 2"),
        ([], [], "of one length, at least 1"),
    ]:
        with pytest.raises(ValueError, match=said):
            beta_probability_best(first, second)


@pytest.mark.parametrize(("a", "b"), [(1e9, 1e-9), (1e-9, 1e9), (1e9, 0.5), (1e-3, 1e6)])
def test_equal_arms_are_equally_likely_however_uneven_their_parameters(a: float, b: float) -> None:
    assert beta_probability_best([a] * 3, [b] * 3) == pytest.approx([1 / 3] * 3)
