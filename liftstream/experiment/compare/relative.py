"""The difference as a share of the original's mean, three ways; each says its name, because they can disagree.

The verdict is always that of the absolute difference: with the same data an absolute p of .020 and a relative one of
.062 both are right for their own question. Relative effects are only shown.
"""

import math
from dataclasses import replace
from typing import Unpack

from liftstream.experiment.arguments import fraction, one_of, refuse
from liftstream.experiment.compare.comparison import Comparison, compare, critical, upper_tail
from liftstream.experiment.compare.means import Arm, TestOptions, moments_of, welch_error
from liftstream.experiment.compare.proportions import Interval
from liftstream.experiment.moments import Moments
from liftstream.experiment.numerics import normal

SHARE = "share of the original's mean"
"""Unit of relative effects: shares of the mean's size, so for a mean below 0 (a loss), half the loss is +50 %."""


def relative_delta(original: Arm, candidate: Arm, **options: Unpack[TestOptions]) -> Comparison:
    """(candidate - original) / |original| with the error of the delta method (Deng et al. 2018).

    The degrees of freedom are those of the absolute difference, as GrowthBook has them.
    """
    a, b = _with_mean(original), moments_of("candidate", candidate)
    se = math.sqrt(sum(relative_squares(a, b)))
    df = float(welch_error(a.variance / a.n, b.variance / b.n, a.n, b.n)[1])
    options.setdefault("unit", SHARE)
    return compare(
        (b.mean - a.mean) / abs(a.mean),
        se,
        df,
        method="Welch t, relative, delta method",
        arms=(a, b),
        **options,
    )


def relative_squares(a: Moments, b: Moments) -> tuple[float, float]:
    """What each arm adds to the squared error of the relative effect."""
    ratio, whole = b.mean / a.mean, abs(a.mean)
    return (ratio * (a.sd / whole)) ** 2 / a.n, (b.sd / whole) ** 2 / b.n


def relative_log(original: Arm, candidate: Arm, **options: Unpack[TestOptions]) -> Comparison:
    """(candidate - original) / |original| by the delta method on the logarithm; the interval is not symmetric.

    It ends at -1 where the means are above 0, and at 1 where they are below. `null` is a relative effect; `se` and
    `statistic` are those of the logarithm, taken so that it grows with the candidate's mean.
    """
    a, b = _with_mean(original), _with_mean(candidate, "candidate")
    if a.mean * b.mean < 0:
        raise ValueError(f"the means must have one sign for a logarithm, got {a.mean:g} and {b.mean:g}")
    se, df = welch_error((a.sd / a.mean) ** 2 / a.n, (b.sd / b.mean) ** 2 / b.n, a.n, b.n)
    null, sign = options.get("null", 0.0), math.copysign(1.0, a.mean)
    if sign * null <= -1:
        refuse("null", null, "a relative effect above -1" if sign > 0 else "a relative effect below 1")
    options = {**options, "null": sign * math.log1p(sign * null), "unit": options.get("unit", SHARE)}
    found = compare(
        sign * math.log(b.mean / a.mean),
        float(se),
        float(df),
        method="Welch t, relative, log",
        arms=(a, b),
        **options,
    )
    return replace(
        found,
        effect=sign * math.expm1(sign * found.effect),
        ci_low=sign * math.expm1(sign * found.ci_low),
        ci_high=sign * math.expm1(sign * found.ci_high),
        bound=None if found.bound is None else sign * math.expm1(sign * found.bound),
        null=null,
    )


def fieller(original: Arm, candidate: Arm, level: float = 0.95, *, method: str = "z") -> Interval:
    """Fieller's (1954) interval of (candidate - original) / |original|: every share that the difference does not reject.

    Args:
        method: `z`, or `t` with Welch's degrees of freedom.

    Raises:
        ValueError: the original's mean does not differ from 0 at this level, so no finite interval exists.
    """
    one_of("method", method, ("z", "t"))
    a, b = _with_mean(original), moments_of("candidate", candidate)
    square_a, square_b = a.variance / a.n, b.variance / b.n
    tail = (1 - fraction("level", level)) / 2
    df = float(welch_error(square_a, square_b, a.n, b.n)[1])
    z = normal.z_of_tail(tail) if method == "z" else float(critical(tail, df))
    g = (z * math.sqrt(square_a) / a.mean) ** 2
    if g >= 1:
        p = 2 * float(upper_tail(abs(a.mean) / math.sqrt(square_a)))
        raise ValueError(
            f"the original's mean {a.mean:g} must differ from 0 at level {level:g} (its p is {p:.2g})"
        )
    ratio = b.mean / a.mean
    reach = z / abs(a.mean) * math.sqrt(square_b * (1 - g) + ratio**2 * square_a)
    low, high = (ratio - reach) / (1 - g) - 1, (ratio + reach) / (1 - g) - 1
    return Interval(low, high) if a.mean > 0 else Interval(-high, -low)


def _with_mean(arm: Arm, name: str = "original") -> Moments:
    moments = moments_of(name, arm)
    if moments.mean == 0:
        raise ValueError(f"{name} must have a mean that is not 0, to be the whole of a share")
    return moments
