"""Every policy: propensities are frequencies, new arms are tried, bad rewards are refused with the value."""

import re

import numpy as np
import pytest

from liftstream import bandits
from liftstream.bandits.policies.evidence import Evidence
from liftstream.bandits.policies.named import POLICIES
from liftstream.bandits.policies.policy import largest
from liftstream.bandits.policies.ucb1 import ucb1_index

SPELLED = [
    "epsilon-greedy:epsilon=.2",
    "epsilon-decreasing:c=5",
    "ucb1",
    "thompson",
    "dynamic",
    "dynamic:serving=mean",
    "reference-thompson",
    "reference-thompson:family=gamma,reference_share=.15",
]


def some_evidence(policy: bandits.Policy) -> Evidence:
    evidence = Evidence.start(policy.first_prior(), (4,))
    evidence.trials += [40, 60, 50, 60]
    evidence.reward += [8, 15, 12, 15]
    evidence.reference += [9, 14, 12, 14]
    return evidence


@pytest.mark.parametrize("text", SPELLED)
def test_propensities_are_the_frequencies_of_choices_while_nothing_is_learned(text: str) -> None:
    policy, draws = bandits.parse_policy(text), 40_000
    evidence = some_evidence(policy)
    rng = np.random.default_rng(3)
    chosen = largest(policy.scores(evidence.repeated(draws), rng), rng)
    frequency = np.bincount(chosen, minlength=4) / draws
    expected = policy.propensities(evidence)
    assert expected.sum() == pytest.approx(1)
    assert frequency == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(draws))


@pytest.mark.parametrize("text", SPELLED)
def test_an_arm_that_joins_a_long_run_is_tried(text: str) -> None:
    rng = np.random.default_rng(4)
    bandit = bandits.Bandit(bandits.parse_policy(text), ["old", "older"])
    for arm in ("old", "older"):
        bandit.take_counts(arm, trials=1000, reward=100, reference=100)
    bandit.add_arm("new")
    chosen = set()
    for _ in range(3000):
        arm = bandit.choose(rng)
        chosen.add(arm)
        bandit.take_pulls(arm)
    # A prior mean of 0.1 that is not better than 100 in 1000 has no reason to be tried where only means are served.
    assert "new" in chosen or text == "dynamic:serving=mean"


@pytest.mark.parametrize("text", ["epsilon-greedy", "epsilon-decreasing", "ucb1"])
def test_every_unpulled_arm_comes_before_any_pulled_one_in_random_order(text: str) -> None:
    firsts = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        bandit = bandits.Bandit(
            bandits.parse_policy(
                "ucb1"
                if text == "ucb1"
                else f"{text}:"
                + ("epsilon=0" if text == "epsilon-greedy" else "schedule=inverse,epsilon_0=0")
            ),
            "abc",
        )
        order = []
        for _ in range(3):
            order.append(bandit.choose(rng))
            bandit.take_reward(order[-1], 1)
        assert sorted(order) == ["a", "b", "c"]
        firsts.add(order[0])
    assert firsts == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ucb1", 1.5),
        ("thompson", -0.5),
        ("dynamic", -1),
        ("thompson", 2),
        ("dynamic", 1e150),
        ("epsilon-greedy", -1e150),
    ],
)
def test_a_reward_that_a_policy_cannot_take_is_refused_with_its_value(text: str, wrong: float) -> None:
    bandit = bandits.Bandit(bandits.parse_policy(text), "ab")
    with pytest.raises(ValueError, match=f"reward must be .*{re.escape(str(wrong))}"):
        bandit.take_reward("a", wrong)
    assert bandit.estimates()[0].trials == 0


def test_epsilon_greedy_takes_penalties() -> None:
    bandit = bandits.Bandit(bandits.EpsilonGreedy(epsilon=0.2), "ab")
    for score in bandits.reward_with_penalty([0.1, 0.0], [0.0, 0.5]):
        bandit.take_reward("a", float(score))
    bandit.take_reward("b", 0.3)
    assert bandit.estimates()[0].mean == pytest.approx((0.86 * 0.1 - 0.14 - 0.07) / 2)
    assert bandit.propensities() == pytest.approx({"a": 0.1, "b": 0.9})


def test_the_index_falls_in_the_pulls_of_the_arm_and_rises_in_those_of_the_others() -> None:
    index = ucb1_index([0.5, 0.5], [10, 10])
    assert ucb1_index([0.5, 0.5], [20, 10])[0] < index[0]
    assert ucb1_index([0.5, 0.5], [10, 20])[0] > index[0]


def test_pulls_under_way_keep_ucb1_from_giving_a_whole_batch_to_one_arm() -> None:
    rng = np.random.default_rng(1)
    told, untold = (bandits.Bandit(bandits.Ucb1(), "abc") for _ in range(2))
    for bandit in (told, untold):
        for arm in "abc":
            bandit.take_counts(arm, trials=10, reward=5)
    bandit = told
    seen = []
    for _ in range(60):
        seen.append(told.choose(rng))
        told.take_pulls(seen[-1])
    assert min(seen.count(arm) for arm in "abc") > 10
    untold.take_reward("a", 1)
    assert {untold.choose(rng) for _ in range(60)} == {"a"}


def test_a_feedback_under_way_does_not_make_an_arm_the_best() -> None:
    bandit = bandits.Bandit(bandits.EpsilonGreedy(epsilon=0), "ab")
    bandit.take_pulls("a", 5)
    bandit.take_reward("b", 0.1)
    assert bandit.propensities() == {"a": 0.0, "b": 1.0}


def test_unequal_groups_do_not_make_an_arm_without_data_look_worse() -> None:
    bandit = bandits.Bandit(bandits.ReferenceThompson(reference_share=0.1), ["known", "new"])
    bandit.take_counts("known", reward=900, reference=100)
    known, new = bandit.estimates()
    assert known.mean == pytest.approx(1, rel=0.05)
    assert new.ci_low < 1 < new.ci_high
    assert 0.3 < new.probability < 0.7


@pytest.mark.parametrize(
    "text",
    [
        "dynamic",
        "dynamic:propagation=discount",
        "thompson:discount=.9",
        "reference-thompson:discount=.9,reference_share=.2",
        "reference-thompson:discount=.9,family=gamma",
    ],
)
def test_propagation_keeps_the_mean_and_never_lowers_the_variance(text: str) -> None:
    policy = bandits.parse_policy(text)
    evidence = some_evidence(policy)
    first = (np.full(4, policy.first_prior()[0]), np.full(4, policy.first_prior()[1]))
    before = policy.intervals(evidence, 0.5)
    centre = [x / (x + y) if text[0] != "d" else x / y for x, y in [policy.posterior(evidence)]]  # type: ignore[attr-defined]
    after = Evidence.start((0, 0), (4,))
    after.a, after.b = policy.propagate(evidence, first)
    now = [x / (x + y) if text[0] != "d" else x / y for x, y in [policy.posterior(after)]]  # type: ignore[attr-defined]
    assert now[0] == pytest.approx(centre[0])
    wider = policy.intervals(after, 0.5)
    assert (wider[1] - wider[0] >= before[1] - before[0]).all()


def test_doing_nothing_does_not_lift_the_variance_above_its_cap() -> None:
    bandit = bandits.Bandit(bandits.Dynamic(mu_0=0.1, sigma_0=0.05, eta_variance=0.1), ["idle"])
    bandit.take_counts("idle", trials=1000, reward=100)
    bandit.advance(5000)
    shape, rate = bandit._arms["idle"].prior_at(5000)
    assert shape / rate == pytest.approx(0.1, rel=0.01)
    assert shape / rate**2 == pytest.approx(4 * 0.05**2)


def test_policies_are_made_by_name_and_say_what_they_do_not_take() -> None:
    assert list(POLICIES) == [
        "epsilon-greedy",
        "epsilon-decreasing",
        "ucb1",
        "thompson",
        "dynamic",
        "reference-thompson",
    ]
    assert bandits.parse_policy("thompson:prior=2/3.5") == bandits.Thompson(prior=(2, 3.5))
    assert bandits.make_policy("reference-thompson", {"prior": [50, 50]}).parameters()["prior"] == [50, 50]
    for name, parameters, field, said in [
        ("ucb2", {}, "policy", "one of epsilon-greedy"),
        ("ucb1", {"c": 2}, "c", "constant, log_offset"),
        ("ucb1", {"constant": "two"}, "constant", "finite number"),
        ("epsilon-greedy", {"epsilon": 2}, "epsilon", "got 2"),
        ("thompson", {"prior": 1}, "prior", "two numbers"),
        ("thompson", {"prior": [1, -1]}, "prior", "above 0, got -1"),
        ("reference-thompson", {"family": "normal"}, "family", "beta, gamma"),
        ("dynamic", {"propagation": "slow"}, "propagation", "multiplicative, discount"),
        (["ucb1"], {}, "policy", "one of"),
        ("dynamic", {"mu_0": 1e308}, "mu_0", r"from 1e-09 to 1e\+09 in size, got 1e\+308"),
        ("dynamic", {"sigma_0": 5e-324}, "sigma_0", "in size, got 5e-324"),
        ("thompson", {"prior": [1e-300, 1e300]}, "prior", "in size, got 1e-300"),
    ]:
        with pytest.raises(bandits.PolicyError, match=said) as caught:
            bandits.make_policy(name, parameters)
        assert caught.value.field == field
    with pytest.raises(bandits.PolicyError, match="has no '='"):
        bandits.parse_policy("ucb1:constant")
