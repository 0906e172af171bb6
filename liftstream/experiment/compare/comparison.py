"""The difference between two arms with its p-value and interval, both from one inversion.

An estimate is (effect, se, df). Its statistic (effect - null) / se is compared with Student's t, or with the normal
distribution where df is infinite; the interval is every null value that the same comparison would not reject. So the
interval excludes the null exactly when p < alpha.

Alternatives: `one-sided` (the candidate earns more), `two-sided`, `less` (the candidate earns less). With one side the
interval is the two-sided one of level 1 - 2 alpha, and `bound` is its end on the side that is tested.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from liftstream.experiment.arguments import fraction, number, one_of, refuse
from liftstream.experiment.moments import Moments
from liftstream.experiment.record import Record

Numbers = float | NDArray[np.float64]
ALTERNATIVES = ("one-sided", "two-sided", "less")


@dataclass(frozen=True, repr=False)
class Comparison(Record):
    """Candidate minus original, in the unit of the data."""

    effect: float
    ci_low: float
    ci_high: float
    pvalue: float
    statistic: float
    se: float
    df: float | None
    """Degrees of freedom; None for the normal distribution."""
    alpha: float
    alternative: str
    method: str
    bound: float | None = None
    """The end of the interval on the tested side, with one side."""
    null: float = 0.0
    """The difference under the null hypothesis."""
    unit: str = "$ per client"
    n_original: int | None = None
    n_candidate: int | None = None
    mean_original: float | None = None
    mean_candidate: float | None = None

    @property
    def significant(self) -> bool:
        """Whether p < alpha."""
        return self.pvalue < self.alpha


class Inversion(NamedTuple):
    """p-value and interval of an estimate; arrays where the estimate is one."""

    statistic: Numbers
    pvalue: Numbers
    ci_low: Numbers
    ci_high: Numbers


def upper_tail(statistic: Numbers, df: Numbers = math.inf) -> Numbers:
    """P(T > statistic), to full relative precision in the far tail."""
    normal = special.ndtr(np.negative(statistic))
    finite = np.where(np.isfinite(df), df, 1e9)
    tail: Numbers = np.where(np.isfinite(df), special.stdtr(finite, np.negative(statistic)), normal)[()]
    return tail


def critical(tail: float, df: Numbers = math.inf) -> Numbers:
    """The value that T exceeds with probability `tail`."""
    finite = np.where(np.isfinite(df), df, 1e9)
    value: Numbers = np.where(np.isfinite(df), -special.stdtrit(finite, tail), -special.ndtri(tail))[()]
    return value


def normal_scores(statistic: Numbers, df: Numbers) -> NDArray[np.float64]:
    """The z with the tail probability of a t; t itself if the tail is too small to compute."""
    size = np.abs(statistic)
    tail = np.asarray(upper_tail(size, df))
    score = np.where(tail > 1e-300, -special.ndtri(np.maximum(tail, 1e-300)), size)
    return np.asarray(np.copysign(score, statistic))


def invert(
    effect: Numbers, se: Numbers, df: Numbers, alpha: float, alternative: str, null: float = 0.0
) -> Inversion:
    """The p-value and the interval that belong to each other; works on arrays of estimates."""
    statistic = (effect - null) / se
    if alternative == "two-sided":
        pvalue = 2 * upper_tail(np.abs(statistic), df)
        reach = critical(alpha / 2, df) * se
    else:
        pvalue = upper_tail(statistic if alternative == "one-sided" else -statistic, df)
        reach = critical(alpha, df) * se
    return Inversion(statistic, pvalue, effect - reach, effect + reach)


def compare(
    effect: float,
    se: float,
    df: float,
    *,
    method: str,
    alpha: float = 0.05,
    alternative: str = "one-sided",
    null: float = 0.0,
    unit: str = "$ per client",
    arms: tuple[Moments, Moments] | None = None,
) -> Comparison:
    """An estimate with everything that is said about it.

    Raises:
        ValueError: the arguments make no sense, or the estimate has no spread.
    """
    check_levels(alpha, alternative)
    number("null", null)
    if se == 0:
        raise ValueError("the standard error is 0: all values are equal, nothing can be compared")
    if not (math.isfinite(se) and math.isfinite(effect)):
        raise ValueError(f"the standard error is {se:g}: the values are too large for their squares")
    statistic, pvalue, low, high = (float(x) for x in invert(effect, se, df, alpha, alternative, null))
    bounds = {"one-sided": low, "less": high}
    return Comparison(
        effect=float(effect),
        ci_low=low,
        ci_high=high,
        pvalue=min(1.0, pvalue),
        statistic=statistic,
        se=float(se),
        df=float(df) if math.isfinite(df) else None,
        alpha=alpha,
        alternative=alternative,
        method=method,
        bound=bounds.get(alternative),
        null=null,
        unit=unit,
        **_of_arms(arms),
    )


def _of_arms(arms: tuple[Moments, Moments] | None) -> dict[str, Any]:
    if arms is None:
        return {}
    names = ("original", "candidate")
    counts = {f"n_{name}": arm.n for name, arm in zip(names, arms, strict=True)}
    return counts | {f"mean_{name}": arm.mean for name, arm in zip(names, arms, strict=True)}


def check_levels(alpha: float, alternative: str) -> None:
    """Refuses what has no interval."""
    one_of("alternative", alternative, ALTERNATIVES)
    fraction("alpha", alpha)
    if alternative != "two-sided" and alpha >= 0.5:
        refuse("alpha", alpha, "below 0.5 in a one-sided test")
