"""Regression adjustment: money on the arm and a covariate by least squares (ANCOVA).

For large experiments the same as CUPED; for small ones it has its own degrees of freedom.
"""

import math
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from liftstream.experiment.arguments import refuse
from liftstream.experiment.compare.comparison import Comparison, compare
from liftstream.experiment.compare.means import TestOptions
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class Regression(Record):
    """The arm's coefficient."""

    comparison: Comparison
    """The comparison with the classic standard error and n - 3 degrees of freedom."""
    theta: float
    """The covariate's coefficient."""
    se_hc1: float
    """Standard error that allows for unequal spread (MacKinnon & White 1985, HC1)."""


def ancova(
    original: tuple[ArrayLike, ArrayLike],
    candidate: tuple[ArrayLike, ArrayLike],
    **options: Unpack[TestOptions],
) -> Regression:
    """Least squares of money on a constant, the arm and the covariate.

    Args:
        original: money and covariate of its clients.
        candidate: the same.
    """
    money = np.concatenate([np.asarray(arm[0], dtype=np.float64) for arm in (original, candidate)])
    covariate = np.concatenate([np.asarray(arm[1], dtype=np.float64) for arm in (original, candidate)])
    if money.size != covariate.size:
        refuse("covariate", covariate.size, f"{money.size} values, one per client")
    if money.size < 4 or not np.isfinite(money).all() or not np.isfinite(covariate).all():
        refuse("clients", money.size, "at least 4, all with finite numbers")
    treated = (np.arange(money.size) >= np.size(original[0])).astype(np.float64)
    centred = covariate - covariate.mean()
    unit = float(np.abs(centred).max()) or 1.0  # of the covariate, so that its scale hides no column
    columns = np.column_stack([np.ones(money.size), treated, centred / unit])
    coefficients, _, rank, _ = np.linalg.lstsq(columns, money, rcond=None)
    if rank < 3:
        raise ValueError("the covariate must vary within the arms, or there is nothing to adjust")
    residuals = money - columns @ coefficients
    inverse = np.linalg.inv(columns.T @ columns)
    df = money.size - 3
    se = math.sqrt(float(residuals @ residuals) / df * inverse[1, 1])
    weighted = columns * residuals[:, None]
    sandwich = inverse @ (weighted.T @ weighted) @ inverse * (money.size / df)
    found = compare(float(coefficients[1]), se, df, method="least squares with covariate, t", **options)
    return Regression(found, float(coefficients[2]) / unit, math.sqrt(float(sandwich[1, 1])))
