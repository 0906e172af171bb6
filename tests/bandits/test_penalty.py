"""The score with a penalty, and what share of its variation each part has."""

import numpy as np
import pytest

from liftstream import bandits


def test_the_parts_of_the_variation_sum_to_one_and_follow_their_weights() -> None:
    rng = np.random.default_rng(1)
    time, like = rng.random(100_000), rng.random(100_000)
    parts = bandits.score_parts(time, like)
    assert parts.reward + parts.penalty == pytest.approx(1)
    assert parts.reward == pytest.approx(0.86**2 / (0.86**2 + 0.14**2), abs=0.01)
    assert bandits.score_parts([0.5, 0.5], [1, 1]).reward == 0


def test_values_outside_of_0_and_1_are_refused() -> None:
    with pytest.raises(ValueError, match="likeness must be between 0 and 1, got 1.2"):
        bandits.reward_with_penalty([0.5], [1.2])
