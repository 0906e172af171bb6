"""One step of the loop, by hand and beside scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from training.look_alike.selection import f1_at, select_right

LABELLED = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.35, 0.5, 0.8, 0.9])), min_size=1, max_size=40
)


def test_the_worked_step_moves_everybody_but_the_third() -> None:
    found = select_right(np.array([1, 1, 0, 1, 0, 0]), np.array([0.9, 0.6, 0.55, 0.4, 0.3, 0.1]))
    assert found.roc_auc == pytest.approx(8 / 9)
    assert (found.threshold, found.f1) == (0.4, pytest.approx(6 / 7))
    assert np.flatnonzero(~found.right).tolist() == [2]


@given(LABELLED)
def test_no_threshold_has_a_larger_f1_and_of_equal_ones_it_is_the_largest(
    rows: list[tuple[int, float]],
) -> None:
    label, probability = np.array([y for y, _ in rows]), np.array([p for _, p in rows])
    found = select_right(label, probability)
    by_threshold = {
        t: f1_score(label, probability >= t, zero_division=0.0) for t in set(probability.tolist())
    }
    assert found.f1 == pytest.approx(max(by_threshold.values()))
    assert found.threshold == max(t for t, f1 in by_threshold.items() if f1 >= found.f1 - 1e-12)
    assert found.f1 == f1_at(label, probability, found.threshold)
    assert np.array_equal(found.right, (probability >= found.threshold) == (label == 1))
    if 0 < label.sum() < len(label):
        assert found.roc_auc == pytest.approx(roc_auc_score(label, probability))
    else:
        assert np.isnan(found.roc_auc)


def test_nobody_cannot_be_placed() -> None:
    with pytest.raises(ValueError, match="0 labels and 0 probabilities"):
        select_right(np.array([]), np.array([]))


def test_a_probability_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="1 probabilities are no finite numbers"):
        select_right(np.array([1, 0]), np.array([np.nan, 0.5]))
