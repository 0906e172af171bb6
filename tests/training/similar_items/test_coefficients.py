"""How much a user likes a title: worked by hand."""

import numpy as np
import pytest

from tests.training.similar_items.small_cinema import watching_of
from training.similar_items.coefficients import (
    Weights,
    base_coefficients,
    build_matrix,
    median_shares,
    premiere_weights,
    premieres,
)
from training.similar_items.watching import join_repeats

ROWS = [
    (0, 0, 0.2, 0, 0, 0),  # below the median of its title, 0.5
    (0, 1, 0.5, 0, 1, 0),
    (0, 2, 0.9, 1, 0, 0),
    (1, 0, 0.4, 0, 0, 1),  # disliked: below zero
    (1, 1, 1.0, 0, 0, 1),
]


def test_a_coefficient_counts_the_share_from_the_median_on_and_what_was_said_and_is_never_below_zero() -> (
    None
):
    watching = watching_of(ROWS, 3)
    medians = median_shares(watching.item, watching.share, 3)
    assert medians[:2] == pytest.approx([0.5, 0.7])
    assert np.isnan(medians[2])
    found = base_coefficients(watching, medians, Weights(watched=1.0, favourite=2.0, like=0.5, dislike=0.6))
    assert found == pytest.approx([0.0, 0.5 + 0.5, 0.9 + 2.0, 0.0, 1.0 - 0.6], abs=1e-6)


def test_medians_are_those_of_numpy_title_by_title() -> None:
    rng = np.random.default_rng(1)
    item, share = rng.integers(0, 20, 999).astype(np.int32), rng.random(999).astype(np.float32)
    expected = [np.median(share[item == i].astype(np.float64)) for i in range(20)]
    assert median_shares(item, share, 20) == pytest.approx(expected, abs=0)


def test_premieres_begin_on_the_day_of_the_threshold_and_weigh_less() -> None:
    released = np.array(["2025-12-31", "2026-01-01", "2026-01-02"], dtype="datetime64[D]")
    new = premieres(released, np.datetime64("2026-01-01"))
    assert new.tolist() == [False, True, True]
    assert premiere_weights(new, 1.0) == pytest.approx([1, np.exp(-1), np.exp(-1)])
    assert premiere_weights(new, 0.0).tolist() == [1, 1, 1]


def test_the_matrix_holds_coefficient_times_weight_and_no_zeros() -> None:
    watching = watching_of(ROWS, 3)
    matrix = build_matrix(watching, np.array([0.0, 1.0, 2.0, 3.0, 0.0]), 2, np.array([1.0, 0.5]))
    assert matrix.nnz == 3
    assert matrix.toarray().tolist() == [[0, 1, 2], [1.5, 0, 0]]


def test_repeated_rows_become_one_with_the_largest_share_and_all_that_was_said() -> None:
    watching = watching_of([(1, 1, 0.3, 1, 0, 0), (0, 0, 0.5, 0, 0, 0), (1, 1, 0.8, 0, 1, 0)], 2)
    one = join_repeats(watching)
    assert (one.item.tolist(), one.user.tolist()) == ([0, 1], [0, 1])
    assert one.share.tolist() == pytest.approx([0.5, 0.8])
    assert (one.favourite.tolist(), one.like.tolist()) == ([False, True], [False, True])
    assert one.time[1] == watching.time[2]
