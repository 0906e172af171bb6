"""Policies in simulated worlds against figures from elsewhere; within four standard errors of both."""

import math

import numpy as np
import pytest

from liftstream import bandits
from liftstream.bandits.policies.evidence import Evidence

POLICIES = (
    "epsilon-greedy:epsilon=.1",
    "epsilon-decreasing:schedule=auer,c=5,gap={gap}",
    "epsilon-decreasing:schedule=cube-root",
    "epsilon-decreasing",
    "ucb1",
    "thompson",
)
REGRET = {
    # means: of each policy (mean, standard error) at 10,000 steps over 400 runs
    (0.3, 0.5, 0.7): [(211.17, 1.44), (321.32, 0.45), (395.49, 0.56), (103.02, 0.27), (99.34, 0.83), (18.56, 0.41)],
    (0.1, 0.15, 0.2): [(79.95, 3.07), (453.27, 0.22), (105.42, 0.78), (45.72, 3.9), (173.44, 1.05), (33.68, 0.86)],
    (0.45, 0.5, 0.55): [(90.86, 3.78), (453.31, 0.22), (116.87, 2.17), (71.42, 5.92), (172.55, 1.46), (52.95, 2.23)],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("means", REGRET, ids=str)
def test_regret_is_the_known_one(means: tuple[float, ...]) -> None:
    for text, (known, se) in zip(POLICIES, REGRET[means], strict=True):
        policy = bandits.parse_policy(text.format(gap=means[2] - means[1]))
        found = bandits.simulate(policy, bandits.Stationary(means=means), runs=100, points=10)
        assert abs(found.regret[-1] - known) < 4 * math.hypot(se, found.se[-1]), text


def test_thompson_finds_the_best_of_wide_arms_and_loses_what_is_known() -> None:
    found = bandits.simulate(bandits.Thompson(), bandits.Stationary(), runs=100, points=10)
    known, se = REGRET[(0.3, 0.5, 0.7)][-1]
    assert abs(found.regret[-1] - known) < 4 * math.hypot(se, found.se[-1])
    assert found.share_of_best[-1] == pytest.approx(0.9925, abs=0.005)
    assert sum(found.traffic[-1]) == pytest.approx(1)


@pytest.mark.slow
def test_drawing_follows_arms_that_drift_and_a_policy_that_does_not_forget_loses_them() -> None:
    """Known over 40 runs: static Thompson 3442 (406), dynamic 959 (45); 0.30 of it here, at most 0.35."""
    world = bandits.Drift()
    static, dynamic = (
        bandits.simulate(bandits.parse_policy(text), world, runs=40, points=1)
        for text in ("thompson", "dynamic")
    )
    assert abs(dynamic.regret[-1] - 958.6) < 4 * math.hypot(44.5, dynamic.se[-1])
    assert abs(static.regret[-1] - 3442.2) < 4 * math.hypot(406.1, static.se[-1])
    assert dynamic.regret[-1] <= 0.35 * static.regret[-1]


@pytest.mark.slow
def test_with_a_reference_group_the_season_is_not_taken_for_an_arms_merit() -> None:
    """Close arms over three days from the trough. Known over 16 runs: 2752 (626) without, 1121 (95) with a reference
    group."""
    world = bandits.Season(start="trough")
    naive, against = (
        bandits.simulate(bandits.parse_policy(text), world, runs=32, points=1)
        for text in ("thompson", "reference-thompson:prior=50/50")
    )
    assert against.regret[-1] < naive.regret[-1]
    assert abs(against.regret[-1] - 1121.4) < 4 * math.hypot(94.7, against.se[-1])
    assert abs(naive.regret[-1] - 2751.7) < 4 * math.hypot(626.4, naive.se[-1])


@pytest.mark.parametrize(("family", "known"), [("beta", 0.895), ("gamma", 0.755)])
def test_the_interval_of_the_ratio_covers_the_truth_as_often_as_known(family: str, known: float) -> None:
    """A ratio of 1, 30 quanta of 20 contacts in each group: only the beta form covers its nominal 90 %."""
    rng = np.random.default_rng(6)
    policy = bandits.ReferenceThompson(prior=(1, 1), family=family)
    evidence = Evidence.start(policy.first_prior(), (20_000,))
    evidence.reward += rng.poisson(600, 20_000)
    evidence.reference += rng.poisson(600, 20_000)
    low, high = policy.intervals(evidence, 0.9)
    covered = float(((low <= 1) & (high >= 1)).mean())
    assert covered == pytest.approx(known, abs=0.02)
    if family == "beta":
        assert 0.88 <= covered <= 0.91


def test_rewards_that_come_late_cost_and_new_arms_are_found() -> None:
    prompt, late = (
        bandits.simulate(bandits.Thompson(), bandits.Stationary(steps=2000, delay=d), runs=50, points=1)
        for d in (0, 200)
    )
    assert late.regret[-1] > prompt.regret[-1] + 4 * late.se[-1]
    found = bandits.simulate(bandits.Thompson(), bandits.Turnover(steps=6000), runs=50, points=4)
    last = found.traffic[-1]
    assert max(last) == last[5]  # the best arm joined third to last
    assert last[0] == last[1] == last[2] == 0  # these have left


def test_a_replay_ties_to_the_first_arm_and_the_course_constant_counts_its_own_round() -> None:
    rewards = (np.random.default_rng(1).random((2000, 3)) < [0.45, 0.5, 0.4]).astype(float)
    world = bandits.Replay("rounds", ("a", "b", "c"), rewards)
    for constant, offset in ((2.0, 0), (1.5, 1)):
        pulls, sums = np.zeros(3), np.zeros(3)
        for n in range(2000):
            bonus = np.sqrt(constant * np.log(max(n + offset, 1)) / np.maximum(pulls, 1))
            arm = int(np.argmax(np.where(pulls > 0, sums / np.maximum(pulls, 1) + bonus, np.inf)))
            pulls[arm] += 1
            sums[arm] += rewards[n, arm]
        found = bandits.simulate(bandits.Ucb1(constant=constant), world, runs=2, points=1)
        assert found.total_reward == sums.sum()
        assert found.se[-1] == 0
        other = bandits.simulate(
            bandits.Ucb1(constant=constant, log_offset=1 - offset), world, runs=1, points=1
        )
        assert other.total_reward != found.total_reward


def test_a_world_without_a_reference_group_refuses_a_policy_that_needs_one() -> None:
    with pytest.raises(ValueError, match="policy must be one that needs no reference group, for stationary"):
        bandits.simulate(bandits.ReferenceThompson(), bandits.Stationary(steps=5), runs=2)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: bandits.Stationary(means=(0.5,)), "at least two numbers"),
        (lambda: bandits.Stationary(means=(0.5, 1.5)), "in 0..1, got 1.5"),
        (lambda: bandits.Season(start="noon"), "rising, peak, trough"),
        (lambda: bandits.Turnover(means=(0.1, 0.2)), "more than 4 arms"),
        (lambda: bandits.Drift(means=(0.1, 0.9)), "0.005..0.5"),
        (lambda: bandits.Drift(sigma_0=0), "sigma_0 must be above 0, got 0"),
        (lambda: bandits.Drift(mu_0=-1), "mu_0 must be above 0, got -1"),
        (lambda: bandits.Drift(batch=0), "batch must be a whole number of at least 1, got 0"),
        (lambda: bandits.Season(base=-5), "base must be above 0, got -5"),
        (
            lambda: bandits.simulate(bandits.Ucb1(), bandits.Stationary(), points=0),
            "points must be a whole number",
        ),
    ],
)
def test_worlds_that_cannot_be_are_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]
