"""Tests whether the candidate is not worse, or practically the same. Margins in $ per client, fixed before.

Non-inferiority is a one-sided test against a margin below 0. Equivalence (TOST, Schuirmann 1987) is two of them; it is
shown exactly when the interval of level 1 - 2 alpha lies between the margins.
"""

from dataclasses import dataclass
from typing import Unpack

from liftstream.experiment.arguments import number, refuse
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.means import Arm, TestOptions, student, welch
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class Equivalence(Record):
    """Two one-sided tests and their common answer."""

    equivalent: bool
    pvalue: float
    """The larger of both."""
    effect: float
    ci_low: float
    ci_high: float
    """The end of the interval of level 1 - 2 alpha."""
    low: float
    high: float
    """The margins."""
    alpha: float
    above_low: Comparison
    below_high: Comparison
    method: str


def tost(
    original: Arm, candidate: Arm, low: float, high: float, *, alpha: float = 0.05, pooled: bool = False
) -> Equivalence:
    """Two one-sided tests of whether the difference is above `low` and below `high`."""
    if number("low", low) >= number("high", high):
        refuse("low", low, f"below high ({high:g})")
    test = student if pooled else welch
    above = test(original, candidate, alpha=alpha, null=low, alternative="one-sided")
    below = test(original, candidate, alpha=alpha, null=high, alternative="less")
    p = max(above.pvalue, below.pvalue)
    return Equivalence(
        equivalent=p < alpha,
        pvalue=p,
        effect=above.effect,
        ci_low=above.ci_low,
        ci_high=above.ci_high,
        low=low,
        high=high,
        alpha=alpha,
        above_low=above,
        below_high=below,
        method=f"TOST, {above.method}",
    )


def non_inferior(original: Arm, candidate: Arm, margin: float, **options: Unpack[TestOptions]) -> Comparison:
    """Tests whether the candidate is worse by no more than `margin` (above 0, in $ per client). Significant means: not
    worse."""
    if number("margin", margin) <= 0:
        refuse("margin", margin, "above 0, the loss that would be accepted")
    options["null"] = -margin
    options.setdefault("alternative", "one-sided")
    return welch(original, candidate, **options)
