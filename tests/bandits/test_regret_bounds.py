"""Bounds of regret at their edges."""

import math

import pytest

from liftstream import bandits


def test_equal_arms_cost_nothing_and_a_certain_best_arm_is_found_at_once() -> None:
    assert bandits.lai_robbins_constant([0.4, 0.4]) == 0
    assert bandits.lai_robbins_constant([0.4, 1.0]) == 0
    assert bandits.kl_bernoulli(0, 0.5) == pytest.approx(math.log(2))
    assert bandits.kl_bernoulli(0.5, 1) == math.inf


def test_means_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="means must be in 0..1, got 2"):
        bandits.lai_robbins_constant([0.5, 2])
    with pytest.raises(ValueError, match="at least one"):
        bandits.ucb1_regret_bound([], 10)
