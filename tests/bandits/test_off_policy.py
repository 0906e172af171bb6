"""What a log says of another policy: identities, the truth within the interval, and when it says nothing."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from liftstream import bandits
from liftstream.bandits.off_policy import bounded_interval, cluster_weights, require_ess
from liftstream.bandits.target_policy import fixed_propensities, progressive_propensities
from liftstream.contracts.errors import InputError

RATES, LOGGED = np.array([0.1, 0.3, 0.2]), np.array([0.6, 0.1, 0.3])


def log(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arms, rewards and propensities of a policy with fixed shares."""
    rng = np.random.default_rng(seed)
    arms = rng.choice(3, rows, p=LOGGED)
    return arms, (rng.random(rows) < RATES[arms]).astype(float), LOGGED[arms]


def test_a_policy_that_is_the_logs_own_has_the_mean_reward() -> None:
    _, reward, propensity = log(500, 1)
    found = bandits.off_policy_value(reward, propensity, propensity)
    assert (found.ips, found.snips, found.ess) == pytest.approx((reward.mean(), reward.mean(), 500))


def test_snips_does_not_change_where_all_weights_are_scaled() -> None:
    arms, reward, propensity = log(500, 2)
    target = np.array([0.2, 0.5, 0.3])[arms]
    one, half = (bandits.off_policy_value(reward, propensity, share * target) for share in (1, 0.5))
    assert half.snips == pytest.approx(one.snips)
    assert half.ips == pytest.approx(one.ips / 2)


def test_the_interval_covers_the_true_value_as_often_as_it_says() -> None:
    inside, runs, rng = 0, 120, np.random.default_rng(3)
    for seed in range(runs):
        arms, reward, propensity = log(1500, 100 + seed)
        weights = np.array([0.1, 0.8, 0.1])[arms] / propensity
        low, high = bandits.bootstrap_interval(reward, weights, rng, resamples=400)
        inside += low <= float(np.array([0.1, 0.8, 0.1]) @ RATES) <= high
    assert 0.88 <= inside / runs <= 0.99


def test_the_interval_of_few_rewards_is_wilsons_with_the_effective_sample_size() -> None:
    reward = np.repeat([5.0, 1.0], [3, 117])
    rates = np.array(proportion_confint(3, 120, method="wilson"))
    assert bounded_interval(reward, np.full(120, 7.0)) == pytest.approx(tuple(1 + 4 * rates))
    assert all(np.isnan(bounded_interval(reward, np.zeros(120))))


@pytest.mark.parametrize("rate", [0.005, 0.02])
def test_few_rewards_do_not_make_the_interval_too_short(rate: float) -> None:
    rng, inside = np.random.default_rng(6), []
    while len(inside) < 200:
        propensity = np.clip(rng.beta(0.5, 3, 8_000), 0.005, 1)
        weights = (rng.random(8_000) < propensity) / propensity
        if bandits.effective_sample_size(weights) >= 100:
            reward = (rng.random(8_000) < rate).astype(float)
            low, high = bounded_interval(reward, weights)
            inside.append(low <= rate <= high)
    assert np.mean(inside) > 0.91  # the bootstrap alone: 0.75 and 0.80


def test_rows_that_were_decided_together_are_resampled_together() -> None:
    rng = np.random.default_rng(4)
    quanta = np.repeat(np.arange(60), 50)
    per_quantum = rng.choice(3, 60, p=LOGGED)
    arms = per_quantum[quanta]
    reward = (rng.random(arms.size) < RATES[arms] * rng.uniform(0.2, 1.8, 60)[quanta]).astype(float)
    weights = np.array([0.1, 0.8, 0.1])[arms] / LOGGED[arms]
    alone = bandits.bootstrap_interval(reward, weights, rng)
    together = bandits.bootstrap_interval(reward, weights, rng, clusters=quanta)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])
    assert bandits.effective_sample_size(cluster_weights(weights, quanta)) <= 60


def test_replay_takes_only_the_rows_that_agree() -> None:
    assert bandits.replay_value([1, 0, 1, 1], ["a", "b", "a", "b"], ["a", "a", "a", "b"]) == (1.0, 3)


def test_too_little_is_refused_with_what_would_help() -> None:
    with pytest.raises(InputError, match=r"worth 12.3 decisions .* fewer than 100: no value"):
        require_ess(12.34)
    require_ess(100)


def test_rows_that_cannot_be_are_refused_by_number_and_value() -> None:
    for reward, propensity, target, said in [
        ([1, float("nan")], [1, 1], [1, 1], "reward of row 2"),
        ([1, 0], [0.5, 0], [1, 1], "propensity of row 2 must be above 0 and at most 1, got 0"),
        ([1, 0], [0.5, 0.5], [1.5, 1], "target of row 1"),
        ([], [], [], "at least 1"),
    ]:
        with pytest.raises(ValueError, match=said):
            bandits.off_policy_value(reward, propensity, target)


def test_a_policy_that_learns_from_a_log_uses_only_what_came_before() -> None:
    arms, reward, _ = log(4000, 5)
    shares = progressive_propensities(bandits.Thompson(), arms, reward, 3)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4000))
    assert shares[0] == pytest.approx(np.full(3, 1 / 3))
    assert shares[-1, 1] > 0.99
    changed = reward.copy()
    changed[3000:] = 1 - changed[3000:]
    again = progressive_propensities(bandits.Thompson(), arms, changed, 3)
    assert (again[:3000] == shares[:3000]).all()
    with pytest.raises(ValueError, match="between 0 and 1 for thompson, got 7"):
        progressive_propensities(bandits.Thompson(), arms[:2], [7, 1], 3)
    assert progressive_propensities(bandits.Thompson(), arms[:0], [], 3).shape == (0, 3)


@pytest.mark.parametrize("discount", [1.0, 0.9])
def test_a_policy_with_a_reference_group_learns_from_a_log_what_a_bandit_learns_quantum_by_quantum(
    discount: float,
) -> None:
    rng = np.random.default_rng(3)
    policy = bandits.ReferenceThompson(reference_share=0.3, discount=discount)
    bandit, rows = bandits.Bandit(policy, ["a", "b", "c"]), 40
    chosen, reward, reference = rng.integers(0, 3, rows), rng.poisson(30, rows), rng.poisson(12, rows)
    found = progressive_propensities(policy, chosen, reward, 3, np.arange(rows), reference)
    for row in range(rows):
        bandit.advance(row)
        assert found[row] == pytest.approx(list(bandit.propensities().values()), abs=1e-6)
        bandit.take_counts("abc"[chosen[row]], trials=1, reward=reward[row], reference=reference[row])


def test_fixed_shares_name_arms_of_the_log_and_sum_to_one() -> None:
    assert fixed_propensities({"b": 1}, "abc").tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="one of the log's: a, b, c, got 'z'"):
        fixed_propensities({"z": 1}, "abc")
    with pytest.raises(ValueError, match="of sum 1"):
        fixed_propensities({"a": 0.5}, "abc")


def test_where_the_target_chooses_nothing_of_the_log_there_is_no_value() -> None:
    found = bandits.off_policy_value([1, 0], [0.5, 0.5], [0, 0])
    assert (found.ips, found.ess) == (0, 0)
    assert np.isnan(found.snips)
    assert np.isnan(bandits.bootstrap_interval([1, 0], [0, 0], np.random.default_rng(1))).all()


def test_the_effective_sample_size_bears_tiny_propensities() -> None:
    found = bandits.off_policy_value([1, 0, 1], [1e-300, 0.5, 0.5], [1, 0.5, 0.5])
    assert found.ess == pytest.approx(1)
    assert found.snips == pytest.approx(1)


def test_columns_of_other_lengths_are_refused_by_name() -> None:
    rng = np.random.default_rng(1)
    for call, said in [
        (
            lambda: bandits.off_policy_value([1, 0], [1, 1], [1, 1], model_under_target=[1]),
            "model_under_target",
        ),
        (lambda: bandits.bootstrap_interval([1], [1, 1], rng), "reward must be of 2 values, got 1"),
        (lambda: bandits.bootstrap_interval([1, float("nan")], [1, 1], rng), "reward of row 2"),
        (lambda: bandits.replay_value([1, 0], ["a"], ["a", "b"]), "chosen must be of 2 values, got 1"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()


@pytest.mark.parametrize(("reward", "propensity"), [(1e300, 1e-9), (1e308, 0.5), (-1e305, 0.01)])
def test_rewards_whose_weighted_sum_is_no_number_are_refused_by_row(reward: float, propensity: float) -> None:
    with pytest.raises(
        ValueError, match="reward of row 2 must be so small that all rewards, weighted, have a sum"
    ):
        bandits.off_policy_value([1.0, reward] * 500, [0.5, propensity] * 500, [1.0] * 1_000)
