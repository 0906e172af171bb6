"""Metrics that are a ratio of two sums over clients: $ per order, orders per session.

A client is still one observation. The delta method replaces it by (y - R x) / mean of x, which has the ratio's
variance (Deng, Knoblich & Lu 2018); from there every test of means applies.
"""

from typing import Unpack

from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.means import TestOptions, welch
from liftstream.experiment.compare.relative import relative_delta, relative_log
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments


def linearised(arm: PairMoments) -> Moments:
    """Moments whose mean is the ratio sum y / sum x, and whose variance is the delta method's.

    Raises:
        ValueError: the denominators sum to 0.
    """
    if arm.mean_x == 0:
        raise ValueError("the denominators must not sum to 0, or there is no ratio")
    ratio = arm.mean / arm.mean_x
    m2 = arm.combine(1.0, -ratio).m2 / arm.mean_x**2
    return Moments(arm.n, ratio, m2)


def ratio_welch(original: PairMoments, candidate: PairMoments, **options: Unpack[TestOptions]) -> Comparison:
    """Difference of two ratios, Welch's t."""
    options.setdefault("unit", "of the ratio")
    return welch(linearised(original), linearised(candidate), **options)


def ratio_relative_delta(
    original: PairMoments, candidate: PairMoments, **options: Unpack[TestOptions]
) -> Comparison:
    """Relative difference of two ratios, delta method."""
    return relative_delta(linearised(original), linearised(candidate), **options)


def ratio_relative_log(
    original: PairMoments, candidate: PairMoments, **options: Unpack[TestOptions]
) -> Comparison:
    """Relative difference of two ratios, on the logarithm."""
    return relative_log(linearised(original), linearised(candidate), **options)
