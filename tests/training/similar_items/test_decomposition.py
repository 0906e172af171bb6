"""The truncated SVD beside the full one of LAPACK."""

import numpy as np
import pytest
from scipy import sparse

from training.similar_items.decomposition import choose_rank, decompose, fold_in


@pytest.fixture(scope="module")
def matrix() -> sparse.csr_array:
    return sparse.random_array((60, 90), density=0.2, rng=np.random.default_rng(5), format="csr")


def test_items_users_values_and_explained_shares_are_those_of_the_full_decomposition(
    matrix: sparse.csr_array,
) -> None:
    left, values, _ = np.linalg.svd(matrix.toarray())
    found = decompose(matrix, 1.0, 12, 1)
    assert found.singular_values == pytest.approx(values[:12])
    assert found.explained == pytest.approx((np.cumsum(values**2) / np.sum(values**2))[:12])
    assert np.abs(found.items) == pytest.approx(np.abs(left[:, :12] * values[:12]), abs=1e-8)
    best = left[:, :12] @ left[:, :12].T @ matrix.toarray()
    assert found.items @ found.users.T == pytest.approx(best, abs=1e-8)
    assert not found.reached


def test_the_rank_is_the_smallest_that_explains_the_wanted_share(matrix: sparse.csr_array) -> None:
    every = decompose(matrix, 1.0, 60, 1)
    assert every.explained[-1] == pytest.approx(1.0)
    assert every.reached
    half = decompose(matrix, 0.5, 60, 1)
    assert half.explained[-1] >= 0.5 > half.explained[-2]
    assert choose_rank(np.array([0.3, 0.5, 0.6]), 0.5) == 2
    assert choose_rank(np.array([0.3, 0.5, 0.6]), 0.9) == 3


def test_a_scale_of_the_whole_matrix_changes_neither_rank_nor_shares(matrix: sparse.csr_array) -> None:
    one, scaled = decompose(matrix, 0.6, 30, 1), decompose(matrix * 7.0, 0.6, 30, 1)
    assert scaled.explained == pytest.approx(one.explained)
    assert scaled.items == pytest.approx(7 * one.items)


def test_a_title_that_is_folded_in_lands_where_it_was_in_the_matrix(matrix: sparse.csr_array) -> None:
    found = decompose(matrix, 1.0, 20, 1)
    assert fold_in(matrix[[3, 17]], found.users) == pytest.approx(found.items[[3, 17]], abs=1e-8)


def test_signs_do_not_depend_on_the_start(matrix: sparse.csr_array) -> None:
    assert decompose(matrix, 1.0, 8, 1).items == pytest.approx(decompose(matrix, 1.0, 8, 2).items, abs=1e-7)
