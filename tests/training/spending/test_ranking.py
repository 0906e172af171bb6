"""Ranking figures: scipy's rank correlation, and shares of the revenue that can be counted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.spending.ranking import spearman, top_share

VALUES = st.lists(st.integers(0, 20), min_size=4, max_size=30)


@given(VALUES, st.randoms(use_true_random=False))
def test_the_rank_correlation_is_that_of_scipy(values: list[int], random: object) -> None:
    from scipy import stats

    first = np.array(values, dtype=np.float64)
    second = np.roll(first, 1) + first // 3
    if first.std() == 0 or second.std() == 0:
        assert math.isnan(spearman(first, second))
    else:
        assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second)[0])


def test_the_top_share_counts_the_money_of_those_who_were_predicted_most() -> None:
    spent = np.array([50.0, 30, 10, 5, 5, 0, 0, 0, 0, 0])
    assert top_share(spent, spent) == pytest.approx(0.8)
    assert top_share(-spent, spent) == pytest.approx(0.0)


def test_equal_predictions_get_the_share_of_a_random_choice() -> None:
    spent = np.random.default_rng(1).exponential(100, 50)
    assert top_share(np.ones(50), spent) == pytest.approx(0.2)
