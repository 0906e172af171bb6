"""The formulas on any counts, none and very many too, against definitions written out, scipy's distributions and draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from liftstream import bandits
from liftstream.bandits.eta import predictive_log_likelihood
from liftstream.bandits.policies.dynamic import GammaBelief, drift, observe
from liftstream.bandits.policies.evidence import Evidence
from testbed.examples import examples

POLICIES = (
    "epsilon-greedy",
    "epsilon-decreasing",
    "ucb1",
    "thompson:prior=0.5/0.5",
    "thompson:discount=.9",
    "dynamic",
    "dynamic:propagation=discount",
    "dynamic:serving=mean",
    "reference-thompson",
    "reference-thompson:family=gamma,reference_share=.15",
    "reference-thompson:reference_share=.9",
)
SIZES = st.sampled_from([0, 1, 3, 50, 2_000, 10**6, 10**9])
COUNTS = st.lists(st.tuples(SIZES, st.floats(0, 1), SIZES), min_size=1, max_size=12)
CHANCE = st.one_of(st.just(0.0), st.floats(1e-6, 1))
PAIR = st.tuples(st.floats(0.2, 3_000), st.floats(0.2, 3_000))


def evidence_of(policy: bandits.Policy, counts: list[tuple[int, float, int]]) -> Evidence:
    made = Evidence.start(policy.first_prior(), (len(counts),))
    made.trials = np.array([trials for trials, _, _ in counts], float)
    made.pulls = made.trials.copy()
    made.reward = np.round(made.trials * np.array([rate for _, rate, _ in counts]))
    made.reference = np.array([reference for _, _, reference in counts], float)
    return made


@pytest.mark.parametrize("text", POLICIES)
@given(counts=COUNTS)
@examples(25)
def test_propensities_sum_to_one_and_intervals_hold_their_means(
    text: str, counts: list[tuple[int, float, int]]
) -> None:
    policy = bandits.parse_policy(text)
    evidence = evidence_of(policy, counts)
    shares = policy.propensities(evidence)
    assert shares.sum() == pytest.approx(1, abs=1e-9)
    assert shares.min() >= 0
    if not text.startswith(("epsilon", "ucb1")):
        low, high = policy.intervals(evidence, 0.9)
        assert np.all((low >= 0) & (low <= high))


@given(first=PAIR, second=PAIR, third=PAIR, seed=st.integers(0, 10**6))
@examples(20)
def test_who_is_best_agrees_with_draws(
    first: tuple[float, float], second: tuple[float, float], third: tuple[float, float], seed: int
) -> None:
    rng, many = np.random.default_rng(seed), 40_000
    a, b = np.transpose([first, second, third])
    for computed, drawn in (
        (bandits.beta_probability_best(a, b), rng.beta(a, b, (many, 3))),
        (bandits.gamma_probability_best(a, b), rng.standard_gamma(a, (many, 3)) / b),
    ):
        shares = np.bincount(drawn.argmax(axis=1), minlength=3) / many
        assert computed == pytest.approx(shares, abs=0.015)  # 6 standard errors


@given(
    counts=st.lists(st.tuples(st.integers(0, 10**5), st.floats(0, 1)), min_size=1, max_size=20),
    mu=st.floats(0.001, 0.9),
    ratio=st.floats(0.05, 2),
)
def test_the_likelihood_of_a_prior_is_scipys_negative_binomial(
    counts: list[tuple[int, float]], mu: float, ratio: float
) -> None:
    n = np.array([size for size, _ in counts])
    r = np.array([int(size * rate) for size, rate in counts])
    sigma = mu * ratio
    a, b = mu**2 / sigma**2, mu / sigma**2
    expected = stats.nbinom.logpmf(r, a, b / (b + n)).sum()
    assert bandits.prior_log_likelihood(n, r, mu, sigma) == pytest.approx(expected, rel=1e-7, abs=1e-6)


@given(
    periods=st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 1)), min_size=1, max_size=15),
    mu=st.floats(0.01, 0.5),
    ratio=st.floats(0.1, 1),
    eta=st.floats(0, 0.2),
)
def test_the_predictive_likelihood_is_a_chain_of_negative_binomials(
    periods: list[tuple[int, float]], mu: float, ratio: float, eta: float
) -> None:
    belief, expected = GammaBelief(mu, (mu * ratio) ** 2), 0.0
    n = [size for size, _ in periods]
    r = [int(size * rate) for size, rate in periods]
    for size, happened in zip(n, r, strict=True):
        gamma = belief.rate
        if size:
            expected += stats.nbinom.logpmf(happened, gamma * belief.mean, gamma / (gamma + size))
        belief = drift(observe(belief, size, happened), eta)
    found = float(predictive_log_likelihood(n, r, mu, mu * ratio, eta))
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-6)


@given(
    quanta=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=30), seed=st.integers(0, 99)
)
def test_quanta_of_both_groups_add_up_in_any_order_and_grouping(
    quanta: list[tuple[int, int]], seed: int
) -> None:
    states = []
    for family in ("beta", "gamma"):
        policy = bandits.ReferenceThompson(family=family, reference_share=0.2)
        once, apart = bandits.Bandit(policy, ["a"]), bandits.Bandit(policy, ["a"])
        once.take_counts("a", reward=sum(t for t, _ in quanta), reference=sum(r for _, r in quanta))
        for place in np.random.default_rng(seed).permutation(len(quanta)):
            apart.take_counts("a", reference=quanta[place][1])
            apart.take_counts("a", reward=quanta[place][0])
        assert once.to_json() == apart.to_json()
        states.append(apart.to_json()[apart.to_json().index('"arms"') :])
    assert states[0] == states[1]  # what is stored does not depend on the reading


@given(
    rows=st.lists(
        st.tuples(st.floats(-5, 5), st.floats(0.01, 1), CHANCE, st.floats(0, 2), st.floats(0, 2)),
        min_size=1,
        max_size=30,
    ),
    clip=st.floats(0.5, 20),
)
def test_the_value_of_another_policy_is_what_its_definition_says(
    rows: list[tuple[float, ...]], clip: float
) -> None:
    r, p, e, q, under = np.transpose(rows)
    w = e / p
    found = bandits.off_policy_value(r, p, e, clip=clip, model_of_choice=q, model_under_target=under)
    expected = {
        "ips": np.mean(w * r),
        "clipped": np.mean(np.minimum(w, clip) * r),
        "dm": np.mean(under),
        "dr": np.mean(under + w * (r - q)),
        "ess": w.sum() ** 2 / (w @ w) if w.any() else 0.0,
    }
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9, abs=1e-9)
    if w.sum() > 0:
        assert found.snips == pytest.approx((w @ r) / w.sum(), rel=1e-9, abs=1e-9)
