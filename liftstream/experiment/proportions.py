"""Conversion rates: the pooled z test, and intervals that need no normal approximation of their own."""

import math

from liftstream.experiment.arguments import fraction


def cohens_h(original: float, candidate: float) -> float:
    """Difference of two rates on the arcsine scale, where every rate has the same spread (Cohen 1988)."""
    at = [2 * math.asin(math.sqrt(fraction("rate", rate))) for rate in (original, candidate)]
    return at[1] - at[0]
