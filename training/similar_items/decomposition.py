"""Truncated SVD of a sparse matrix item x user: A ~ U_k S_k V_k^T, its rank chosen by the explained share."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from training.similar_items.watching import Floats

SLACK: Final = 1e-12
"""Tolerance for sums of shares, which miss 1 by rounding."""


@dataclass(frozen=True, eq=False)
class Factors:
    """The leading part of a singular value decomposition.

    Attributes:
        items: U_k S_k, shape (items, k): a row is the vector of a title.
        users: V_k, shape (users, k).
        singular_values: falling.
        explained: share of ||A||_F^2 in the first 1, 2 ... k values.
        reached: whether the wanted share was reached within the largest rank allowed.
    """

    items: Floats
    users: Floats
    singular_values: Floats
    explained: Floats
    reached: bool

    @property
    def rank(self) -> int:
        """The rank k."""
        return len(self.singular_values)


def choose_rank(explained: Floats, wanted: float) -> int:
    """The smallest rank whose explained share is at least `wanted`; the largest rank if there is none."""
    enough = int(np.searchsorted(explained, wanted - SLACK))
    return min(enough + 1, len(explained))


def decompose(matrix: Any, wanted: float, most: int, seed: int) -> Factors:
    """The truncated SVD that explains the share `wanted` of the squares, with at most `most` values.

    Signs are fixed (the largest part of each item direction is positive), so the same matrix gives the same vectors.

    Args:
        matrix: scipy CSR, items x users.
        wanted: explained share in (0, 1].
        most: the largest rank tried.
        seed: of the iteration's start.

    Raises:
        ValueError: the matrix is empty.
    """
    whole = float(np.sum(matrix.data**2))
    if whole == 0:
        raise ValueError("a matrix without a value has no decomposition")
    left, values, right = _leading(matrix, min(most, min(matrix.shape)), seed)
    explained = np.minimum(np.cumsum(values**2) / whole, 1.0)
    rank = choose_rank(explained, wanted)
    sign = np.sign(left[np.argmax(np.abs(left), axis=0), np.arange(left.shape[1])])
    return Factors(
        items=left[:, :rank] * (sign * values)[:rank],
        users=np.ascontiguousarray((right.T * sign)[:, :rank]),
        singular_values=values[:rank],
        explained=explained[:rank],
        reached=bool(explained[rank - 1] >= wanted - SLACK),
    )


def _leading(matrix: Any, rank: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """U, s, V^T of the largest singular values in descending order; ARPACK cannot give all of them, LAPACK can."""
    if rank >= min(matrix.shape):
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        from scipy.sparse.linalg import svds
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # the same vectors whatever the number of cores
            left, values, right = svds(matrix, k=rank, rng=np.random.default_rng(seed))
        order = np.argsort(values)[::-1]
        left, values, right = left[:, order], values[order], right[order]
    kept = values > values[0] * 1e-10
    return left[:, kept], values[kept], right[kept]


def fold_in(coefficients: Any, users: Floats) -> Floats:
    """Vectors of titles that were not in the matrix: a_new V_k, comparable with `Factors.items`.

    Args:
        coefficients: (new titles, users), sparse or dense, made as the matrix was.
        users: `Factors.users`.
    """
    return np.asarray(coefficients @ users)
