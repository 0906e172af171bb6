"""Tests whether a client of the candidate brings more money than one of the original: Welch's t, the pooled t, z.

Every test takes arms as `Moments`, as arrays with one value per client, or as anything that `Moments` can be made from.
"""

import math
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from liftstream.experiment.arguments import positive, refuse
from liftstream.experiment.compare.comparison import Comparison, Numbers, compare
from liftstream.experiment.moments import Moments

Arm = Moments | ArrayLike
ROUNDING = 10 * math.ulp(1.0)


class TestOptions(TypedDict, total=False):
    """What the tests share."""

    alpha: float
    alternative: str
    """`one-sided` (default: the candidate earns more), `two-sided` or `less`."""
    null: float
    """The difference under the null hypothesis; below 0 for non-inferiority."""
    unit: str


def welch(original: Arm, candidate: Arm, **options: Unpack[TestOptions]) -> Comparison:
    """Welch's t test (1947): the arms may differ in spread and size.

    >>> welch(Moments.from_summary(5678, 20.0, 15.0), Moments.from_summary(5678, 20.7, 15.0)).pvalue < 0.05
    True

    Raises:
        ValueError: an arm has fewer than two clients, or all values are equal.
    """
    a, b = moments_of("original", original), moments_of("candidate", candidate)
    se, df = welch_error(a.variance / a.n, b.variance / b.n, a.n, b.n)
    return compare(
        b.mean - a.mean, told_apart(float(se), a, b), float(df), method="Welch t", arms=(a, b), **options
    )


def welch_error(square_a: Numbers, square_b: Numbers, n_a: Numbers, n_b: Numbers) -> tuple[Numbers, Numbers]:
    """Standard error of a difference and its degrees of freedom (Satterthwaite 1946), from squared errors of
    the means."""
    square = square_a + square_b
    # all values equal in both arms: `compare` says so
    share = square_a / (square + (square == 0))
    return square**0.5, 1 / (share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1))


def paired(original: ArrayLike, candidate: ArrayLike, **options: Unpack[TestOptions]) -> Comparison:
    """Student's t test of the differences, where each client has a value under both arms (Student 1908).

    >>> paired([3.0, 5.0, 9.0], [4.0, 7.0, 10.0], alternative="two-sided").df
    2.0

    Args:
        original, candidate: [clients] in one order.

    Raises:
        ValueError: arrays of different lengths, fewer than two clients, or one difference for all of them.
    """
    first, second = np.asarray(original, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    if first.shape != second.shape:
        refuse("candidate", second.shape, f"an array of {first.size} values, one per client")
    arms = moments_of("original", first), moments_of("candidate", second)
    differences = moments_of("difference", second - first)
    se = math.sqrt(differences.variance / differences.n)
    return compare(differences.mean, se, differences.n - 1, method="paired t", arms=arms, **options)


def student(original: Arm, candidate: Arm, **options: Unpack[TestOptions]) -> Comparison:
    """Student's t test with a pooled variance; right only where the spreads are equal."""
    a, b = moments_of("original", original), moments_of("candidate", candidate)
    df = a.n + b.n - 2
    variance = (a.m2 + b.m2) / df
    se = math.sqrt(variance * (1 / a.n + 1 / b.n))
    return compare(b.mean - a.mean, told_apart(se, a, b), df, method="pooled t", arms=(a, b), **options)


def z_test(
    original: Arm, candidate: Arm, *, sd: float | None = None, **options: Unpack[TestOptions]
) -> Comparison:
    """The z test: with a known `sd`, or with the arms' own for large samples."""
    a, b = moments_of("original", original), moments_of("candidate", candidate)
    square = (
        a.variance / a.n + b.variance / b.n if sd is None else positive("sd", sd) ** 2 * (1 / a.n + 1 / b.n)
    )
    method = "z" if sd is None else "z, sd known"
    return compare(b.mean - a.mean, math.sqrt(square), math.inf, method=method, arms=(a, b), **options)


def told_apart(se: float, a: Moments, b: Moments) -> float:
    """The standard error; 0 where the values of each arm differ by rounding alone (the limit of R's t.test)."""
    return se if se > ROUNDING * max(abs(a.mean), abs(b.mean)) else 0.0


def moments_of(name: str, arm: Arm) -> Moments:
    """The moments of an arm, of at least two clients.

    Raises:
        ValueError: fewer clients, or values that are not numbers.
    """
    moments = arm if isinstance(arm, Moments) else Moments.of(arm)
    if moments.n < 2:
        raise ValueError(f"{name} must have at least 2 clients, got {moments.n}")
    return moments
