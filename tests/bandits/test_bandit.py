"""The state of a bandit: the same bytes for the same feedback, whatever its order, grouping and delay."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import bandits
from liftstream.contracts.errors import InputError
from testbed.examples import examples

POLICIES = [
    "epsilon-greedy",
    "ucb1",
    "thompson",
    "thompson:discount=.9",
    "dynamic",
    "dynamic:propagation=discount",
    "reference-thompson",
]


FEEDBACK = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 6),
        st.integers(0, 20),
        st.one_of(st.integers(0, 5), st.floats(0, 5, allow_nan=False)),
        st.integers(0, 5),
    ),
    max_size=25,
)


def learned(text: str, feedback: list, *, advance_first: bool) -> bandits.Bandit:  # type: ignore[type-arg]
    bandit = bandits.Bandit(bandits.parse_policy(text), "abc")
    if advance_first:
        bandit.advance(7)
        bandit.propensities()
    for arm, period, trials, reward, reference in feedback:
        bandit.take_counts(arm, trials=trials, reward=reward, reference=reference, period=period)
    bandit.advance(7)
    return bandit


@pytest.mark.parametrize("text", POLICIES)
@examples(40)
@given(feedback=FEEDBACK, seed=st.integers(0, 10))
def test_order_and_delay_of_feedback_change_no_byte(text: str, feedback: list, seed: int) -> None:  # type: ignore[type-arg]
    shuffled = [feedback[i] for i in np.random.default_rng(seed).permutation(len(feedback))]
    timely = learned(text, sorted(feedback, key=lambda row: row[1]), advance_first=False)
    late = learned(text, shuffled, advance_first=True)
    assert late.to_json() == timely.to_json()
    assert late.propensities() == timely.propensities()


@pytest.mark.parametrize("text", POLICIES)
@examples(40)
@given(feedback=FEEDBACK)
def test_rewards_one_by_one_and_apart_from_their_trials_give_the_same_bytes(
    text: str, feedback: list
) -> None:  # type: ignore[type-arg]
    whole = learned(text, feedback, advance_first=False)
    pieces = []
    for arm, period, trials, reward, reference in feedback:
        pieces += [
            (arm, period, 0, reward, 0),
            *[(arm, period, 1, 0, 0)] * trials,
            (arm, period, 0, 0, reference),
        ]
    assert learned(text, pieces, advance_first=True).to_json() == whole.to_json()


@pytest.mark.parametrize("text", POLICIES)
@examples(40)
@given(feedback=FEEDBACK)
def test_a_state_comes_back_from_json_byte_by_byte_and_goes_on_alike(text: str, feedback: list) -> None:  # type: ignore[type-arg]
    bandit = learned(text, feedback, advance_first=False)
    bandit.close(2)
    again = bandits.Bandit.from_json(bandit.to_json())
    assert again.to_json() == bandit.to_json()
    for one in (bandit, again):
        one.take_counts("b", trials=3, reward=0.1, period=5)
        one.advance(9)
        one.close(7)
    assert again.to_json() == bandit.to_json()
    rngs = [np.random.default_rng(1), np.random.default_rng(1)]
    assert [again.choose(rngs[0]) for _ in range(5)] == [bandit.choose(rngs[1]) for _ in range(5)]


@examples(40)
@given(feedback=FEEDBACK, closed=st.integers(0, 6))
def test_closing_periods_changes_nothing_that_is_believed(feedback: list, closed: int) -> None:  # type: ignore[type-arg]
    kept, folded = (learned("dynamic", feedback, advance_first=False) for _ in range(2))
    folded.close(closed)
    assert folded.propensities() == kept.propensities()
    folded.advance(20)
    kept.advance(20)
    assert folded.propensities() == kept.propensities()


def test_feedback_counts_in_the_period_of_its_impression() -> None:
    early, late = (bandits.Bandit(bandits.Dynamic(), "a") for _ in range(2))
    early.take_counts("a", trials=100, reward=30)
    early.advance(50)
    late.advance(50)
    late.take_counts("a", trials=100, reward=30, period=0)
    assert late.to_json() == early.to_json()
    late.take_counts("a", trials=0, reward=0, period=50)
    now = bandits.Bandit(bandits.Dynamic(), "a", period=50)
    now.take_counts("a", trials=100, reward=30)
    assert now.estimates()[0].ci_high < early.estimates()[0].ci_high  # the old impression is less certain


def test_a_closed_period_takes_nothing_and_says_so() -> None:
    bandit = bandits.Bandit(bandits.Dynamic(), "a")
    bandit.advance(5)
    bandit.close(3)
    with pytest.raises(ValueError, match="period of arm 'a' must be at least 4, got 3"):
        bandit.take_reward("a", 1, period=3)
    bandit.take_reward("a", 1, period=4)
    with pytest.raises(ValueError, match="before the current one, 5"):
        bandit.close(5)
    with pytest.raises(ValueError, match="at least the current one, 5"):
        bandit.advance(4)


def test_a_retired_arm_is_not_chosen_and_still_learns() -> None:
    rng = np.random.default_rng(2)
    bandit = bandits.Bandit(bandits.Thompson(), "abc")
    bandit.retire_arm("b")
    bandit.take_reward("b", 1)
    assert bandit.arms == ("a", "c")
    assert {bandit.choose(rng) for _ in range(100)} == {"a", "c"}
    estimate = bandit.estimates()[1]
    assert (estimate.state, estimate.reward, estimate.probability) == ("retired", 1.0, 0.0)
    bandit.retire_arm("a")
    bandit.retire_arm("c")
    with pytest.raises(ValueError, match="no active arm"):
        bandit.choose(rng)


def test_arms_are_known_by_names_that_are_used_once() -> None:
    bandit = bandits.Bandit(bandits.Thompson(), "ab")
    bandit.retire_arm("a")
    with pytest.raises(ValueError, match="not in use, got 'a'"):
        bandit.add_arm("a")
    with pytest.raises(ValueError, match="one of a, b, got 'z'"):
        bandit.take_reward("z", 1)
    with pytest.raises(ValueError, match="trials must be at least 0, got -1"):
        bandit.take_counts("b", trials=-1)


def test_every_place_of_a_list_explores_among_the_arms_that_are_left() -> None:
    rng = np.random.default_rng(5)
    bandit = bandits.Bandit(bandits.EpsilonGreedy(epsilon=0.3), "abcd")
    for arm, reward in zip("abcd", (0.9, 0.6, 0.4, 0.2), strict=True):
        bandit.take_reward(arm, reward)
    lists = [bandit.choose_list(rng, 3) for _ in range(4000)]
    assert all(len({slot.arm for slot in slots}) == 3 for slots in lists)
    second = [slots[1] for slots in lists if slots[0].arm == "a"]
    assert [slot.propensity for slot in second if slot.arm == "b"] == pytest.approx(
        [0.8] * sum(slot.arm == "b" for slot in second)
    )
    assert sum(slot.arm == "b" for slot in second) / len(second) == pytest.approx(0.8, abs=0.03)
    assert len(bandit.choose_list(rng, 9)) == 4


def test_what_is_no_state_is_refused_in_one_line() -> None:
    for text, said in [
        ("{", "not the state of a bandit"),
        ('{"version": 1}', "missing"),
        ("[]", "not the state"),
        (b'{"version": 1, "policy": "\xff"}', "not the state"),
    ]:
        with pytest.raises(InputError, match=said):
            bandits.Bandit.from_json(text)
    state = bandits.Bandit(bandits.Thompson(), "a").to_json()
    with pytest.raises(InputError, match="version 2; this liftstream reads version 1"):
        bandits.Bandit.from_json(state.replace('"version": 1', '"version": 2'))
    two = bandits.Bandit(bandits.Thompson(), "ab").to_json()
    with pytest.raises(InputError, match="arm 'a' twice"):
        bandits.Bandit.from_json(two.replace('"name": "b"', '"name": "a"'))
    spoilt = json.loads(state)
    spoilt["arms"][0]["prior"] = [1, -1]
    with pytest.raises(InputError, match=r"arm 'a' has the prior \[1.0, -1.0\]; two numbers of at least 0"):
        bandits.Bandit.from_json(json.dumps(spoilt))


def test_updates_one_after_the_other_are_the_update_of_the_sums() -> None:
    still = "dynamic:eta_variance=0"
    twice, once = (bandits.Bandit(bandits.parse_policy(still), "a") for _ in range(2))
    twice.take_counts("a", trials=100, reward=7)
    twice.advance(1)
    twice.take_counts("a", trials=50, reward=9)
    once.take_counts("a", trials=150, reward=16)
    assert twice.estimates()[0].mean == pytest.approx(once.estimates()[0].mean)
    assert twice.estimates()[0].ci_low == pytest.approx(once.estimates()[0].ci_low)


def test_a_count_that_could_not_be_added_exactly_is_refused() -> None:
    bandit = bandits.Bandit(bandits.Thompson(), "a")
    with pytest.raises(ValueError, match="trials must be in"):
        bandit.take_counts("a", trials=1e16)
    bandit.take_counts("a", trials=np.int64(3), reward=np.float32(0.5))
    assert bandit.state().arms[0].sums[0].trials == 3
