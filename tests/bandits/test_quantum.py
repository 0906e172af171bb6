"""A frozen choice: drawn with what it says, new arms get their turn in time, shares have a floor."""

from collections import Counter

import numpy as np
import pytest

from liftstream import bandits
from liftstream.bandits.quantum import mix_least_share


def told(arms: str = "abcd") -> bandits.Bandit:
    bandit = bandits.Bandit(bandits.Thompson(), arms)
    for arm, reward in zip(arms, (5, 8, 9, 2), strict=False):
        bandit.take_counts(arm, trials=40, reward=reward)
    return bandit


def test_the_choice_is_drawn_with_the_propensities_it_carries() -> None:
    bandit, rng = told(), np.random.default_rng(1)
    frozen = [bandits.freeze_choice(bandit, rng, least_share=0.05) for _ in range(20_000)]
    shares = frozen[0].propensities
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0.05
    assert all(one.propensity == one.propensities[one.arm] for one in frozen)
    counts = Counter(one.arm for one in frozen)
    assert {arm: counts[arm] / 20_000 for arm in shares} == pytest.approx(shares, abs=0.015)


def test_during_the_burn_in_all_arms_are_alike() -> None:
    bandit, rng = told(), np.random.default_rng(1)
    first = bandits.freeze_choice(bandit, rng, burn_in_periods=3)
    assert (first.reason, set(first.propensities.values())) == ("burn-in", {0.25})
    bandit.advance(3)
    assert bandits.freeze_choice(bandit, rng, burn_in_periods=3).reason == "policy"


def test_every_new_arm_is_served_before_its_last_period_however_many_join() -> None:
    bandit, rng = told("ab"), np.random.default_rng(1)
    bandit.take_counts("b", trials=10_000, reward=9_000)
    waiting = {}
    for number in range(7):
        bandit.add_arm(f"new {number}", prior=(1, 1000))
        waiting[f"new {number}"] = 9
    served = {}
    for period in range(10):
        bandit.advance(period)
        choice = bandits.freeze_choice(
            bandit, rng, waiting={arm: last for arm, last in waiting.items() if arm not in served}
        )
        served.setdefault(choice.arm, period)
        if choice.reason == "first turn":
            assert choice.propensities["b"] == 0
    assert all(served[arm] <= 9 for arm in waiting)
    assert bandits.freeze_choice(bandit, rng).arm == "b"


def test_a_least_share_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="least_share must be at most 1/4 with 4 arms, got 0.3"):
        mix_least_share(dict.fromkeys("abcd", 0.25), 0.3)
