"""The criterion of a split, against the worked example of a node and against definitions written out."""

import math

import numpy as np
import pytest

from training.uplift.tree import divergence

NODE = np.array([[80, 20], [70, 30]], dtype=float)
LEFT = np.array([[34, 6], [36, 24]], dtype=float)


def test_the_worked_split_has_the_gain_and_the_normaliser_that_were_worked_out() -> None:
    found = divergence.judge_splits(NODE, LEFT)
    assert float(found.before) == pytest.approx(0.0281676, abs=5e-8)
    assert float(found.left) == pytest.approx(0.1833477, abs=5e-8)
    assert float(found.right) == pytest.approx(0.0214317, abs=5e-8)
    assert float(found.gain) == pytest.approx(0.0742221, abs=5e-8)
    assert float(found.normalizer) == pytest.approx(1.2292211, abs=5e-8)
    assert float(found.criterion) == pytest.approx(0.0603814, abs=5e-8)


def test_many_splits_at_once_are_each_as_if_alone() -> None:
    others = np.array([LEFT, NODE - LEFT, NODE / 2])
    together = divergence.judge_splits(NODE, others, shrinkage=7)
    for number, left in enumerate(others):
        alone = divergence.judge_splits(NODE, left, shrinkage=7)
        assert together.criterion[number] == pytest.approx(float(alone.criterion))


def test_a_test_that_the_arms_answer_differently_is_divided_by_more() -> None:
    even = np.array([[40, 10], [35, 15]], dtype=float)
    apart = np.array([[64, 16], [14, 6]], dtype=float)
    assert divergence.judge_splits(NODE, apart).normalizer > divergence.judge_splits(NODE, even).normalizer


def test_causalml_s_normaliser_takes_one_term_of_every_entropy() -> None:
    right_t, right_c = 40 / 100.1, 60 / 100.1
    kl = right_t * math.log(right_t / right_c) + (1 - right_t) * math.log((1 - right_t) / (1 - right_c))
    expected = (
        -0.5 * math.log(0.5) * kl
        - 0.5 * right_t * math.log(right_t)
        - 0.5 * right_c * math.log(right_c)
        + 0.5
    )
    found = divergence.judge_splits(NODE, LEFT, normalization="causalml").normalizer
    assert float(found) == pytest.approx(expected)
    assert float(divergence.judge_splits(NODE, LEFT, normalization="none").normalizer) == 1


def test_a_group_without_conversions_has_an_infinite_divergence_unless_its_rates_are_shrunken() -> None:
    none = np.array([[50, 0], [40, 10]], dtype=float)
    assert np.isinf(divergence.judge_splits(NODE, none).left)
    assert np.isfinite(divergence.judge_splits(NODE, none, shrinkage=10).left)


def test_shrunken_rates_are_means_with_clients_of_the_parent_added() -> None:
    found = divergence.shrink(np.array([[3.0, 1.0]]), np.array([[0.5, 0.5]]), 4)
    assert found.tolist() == [[5 / 8, 3 / 8]]
