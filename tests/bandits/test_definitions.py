"""Each formula against its definition, written out in plain Python number by number; counts from none to a thousand
million."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from liftstream import bandits
from liftstream.bandits.policies import schedules
from liftstream.bandits.policies.dynamic import Dynamic
from liftstream.bandits.policies.epsilon_greedy import epsilon_greedy_propensity
from liftstream.bandits.policies.ucb1 import ucb1_index
from liftstream.bandits.quantum import mix_least_share
from testbed.examples import examples

COUNT = st.one_of(st.sampled_from([0, 1, 10**6, 10**9]), st.integers(0, 5_000))
RATE = st.one_of(st.sampled_from([0.0, 1.0, 1e-12]), st.floats(0, 1))


@given(
    arms=st.lists(st.tuples(COUNT, RATE), min_size=1, max_size=200),
    constant=st.floats(0.01, 10),
    offset=st.integers(0, 1),
)
def test_the_index_of_ucb1(arms: list[tuple[int, float]], constant: float, offset: int) -> None:
    pulls, means = [n for n, _ in arms], [mean for _, mean in arms]
    found = ucb1_index(means, pulls, constant, offset)
    for index, n, mean in zip(found, pulls, means, strict=True):
        if n == 0:
            assert index == math.inf
        else:
            expected = mean + math.sqrt(constant * math.log(sum(pulls) + offset) / n)
            assert index == pytest.approx(expected, rel=1e-12)


@given(
    means=st.lists(st.sampled_from([-2.5, 0.0, 1e-12, 0.2, 0.5, 7]), min_size=1, max_size=200), epsilon=RATE
)
def test_the_propensities_of_epsilon_greedy(means: list[float], epsilon: float) -> None:
    found = epsilon_greedy_propensity(means, epsilon)
    ties = means.count(max(means))
    for mean, share in zip(means, found, strict=True):
        greedy = (1 - epsilon) / ties if mean == max(means) else 0.0
        assert share == pytest.approx(epsilon / len(means) + greedy, rel=1e-12)
    assert sum(found) == pytest.approx(1, abs=1e-12)


@given(
    t=st.one_of(st.integers(0, 100), st.integers(0, 10**9)),
    arms=st.integers(1, 200),
    c=st.floats(0.01, 100),
    gap=st.floats(1e-4, 1),
    epsilon_0=RATE,
    decay=st.floats(0, 1),
)
def test_the_schedules(t: int, arms: int, c: float, gap: float, epsilon_0: float, decay: float) -> None:
    at = max(1, t)
    for found, expected in (
        (schedules.epsilon_scaled(t, arms, c), min(1.0, c * arms / at)),
        (schedules.epsilon_auer(t, arms, c, gap), min(1.0, c * arms / (gap * gap * at))),
        (schedules.epsilon_inverse(t, epsilon_0), epsilon_0 / at),
        (schedules.epsilon_exponential(t, epsilon_0, decay), epsilon_0 * math.exp(-decay * t)),
        (
            schedules.epsilon_cube_root(t, arms),
            1.0 if t <= 1 else min(1.0, (arms * math.log(t) / t) ** (1 / 3)),
        ),
    ):
        assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(
    log_mu=st.floats(-12, 0),
    width=st.floats(0.01, 5),
    eta=st.one_of(st.just(0.0), st.floats(1e-4, 2)),
    cap=st.floats(1, 8),
    periods=st.lists(st.tuples(COUNT, RATE), max_size=12),
)
def test_a_dynamic_arm_is_observed_and_propagated_period_by_period(
    log_mu: float, width: float, eta: float, cap: float, periods: list[tuple[int, float]]
) -> None:
    mu_0 = 10**log_mu
    policy = Dynamic(eta_variance=eta, mu_0=mu_0, sigma_0=mu_0 * width, variance_cap=cap)
    bandit = bandits.Bandit(policy, ["a"])
    mean, variance = mu_0, (mu_0 * width) ** 2
    for number, (n, rate) in enumerate(periods):
        r = round(n * rate)
        bandit.advance(number)
        bandit.take_counts("a", trials=n, reward=r)
        gamma = mean / variance
        mean = (mean * gamma + r) / (gamma + n)
        variance = mean / (gamma + n)
        grown = variance + eta * (mean**2 + variance)
        variance = max(variance, min(grown, cap * (mu_0 * width) ** 2))
    bandit.advance(len(periods))
    shape, rate_now = bandit._arms["a"].prior_at(len(periods))
    assert shape / rate_now == pytest.approx(mean, rel=1e-7)
    assert shape / rate_now**2 == pytest.approx(variance, rel=1e-7)


@given(means=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=50), n=st.integers(1, 10**9))
def test_the_bounds_of_regret(means: list[float], n: int) -> None:
    best, constant, bound = max(means), 0.0, 0.0
    for p in means:
        if p < best:
            kl = p * math.log(p / best) + (1 - p) * math.log((1 - p) / (1 - best))
            constant += (best - p) / kl
            bound += 8 * math.log(n) / (best - p) + (1 + math.pi**2 / 3) * (best - p)
    if best - min((p for p in means if p < best), default=0) > 1e-4:
        assert bandits.ucb1_regret_bound(means, n) == pytest.approx(bound, rel=1e-9)
    if all(best - p > 1e-4 for p in means if p < best):
        assert bandits.lai_robbins_constant(means) == pytest.approx(constant, rel=1e-6)


@given(
    arms=st.dictionaries(
        st.text("abcde", min_size=1, max_size=3),
        st.tuples(st.sampled_from([0, 0.1, 0.2]), COUNT),
        max_size=40,
    ),
    keep=st.integers(1, 12),
    population=st.integers(1, 30),
    min_pulls=st.sampled_from([0, 1, 100]),
)
def test_who_is_kept(arms: dict[str, tuple[float, int]], keep: int, population: int, min_pulls: int) -> None:
    kept = bandits.keep_best(
        {name: mean for name, (mean, _) in arms.items()},
        {name: pulls for name, (_, pulls) in arms.items()},
        keep=keep,
        population=population,
        min_pulls=min_pulls,
    )
    judged = {name: mean for name, (mean, pulls) in arms.items() if pulls >= min_pulls}
    assert sorted(kept.survivors + kept.dropped) == sorted(judged)
    assert set(kept.protected_young) == set(arms) - set(judged)
    assert len(kept.survivors) == min(keep, len(judged))
    for stays in kept.survivors:
        assert all(judged[stays] >= judged[goes] for goes in kept.dropped)
    staying = len(kept.survivors) + len(kept.protected_young)
    assert kept.new_slots == max(0, population - staying)


@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=200), part=RATE)
def test_every_arm_has_its_least_share(shares: list[float], part: float) -> None:
    total = sum(shares)
    propensities = {f"a{i}": p / total if total else 1 / len(shares) for i, p in enumerate(shares)}
    least = part / len(shares)
    found = mix_least_share(propensities, least)
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert min(found.values()) >= least * (1 - 1e-12)


@given(
    seed=st.integers(0, 10**6),
    arms=st.integers(3, 30),
    log_mu=st.floats(-3, -0.7),
    width=st.floats(0.05, 1.5),
    log_n=st.floats(1.5, 5),
)
@examples(25)
def test_no_other_prior_is_more_likely_than_the_fitted_one(
    seed: int, arms: int, log_mu: float, width: float, log_n: float
) -> None:
    rng, mu = np.random.default_rng(seed), 10**log_mu
    n = rng.integers(10, 11 + int(10**log_n), arms)
    r = np.minimum(n, rng.poisson(n * rng.gamma(width**-2, mu * width**2, arms)))
    found = bandits.fit_prior(n, r)
    if not found.fitted or found.reason:
        return
    best = bandits.prior_log_likelihood(n, r, found.mu_0, found.sigma_0)
    for factor in (0.3, 1, 3):  # from elsewhere, without a slope
        other = optimize.minimize(
            lambda x: -bandits.prior_log_likelihood(n, r, *np.exp(x)),
            np.log([found.mu_0 * factor, found.sigma_0 / factor]),
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-9},
        )
        assert best >= -other.fun - 1e-6
