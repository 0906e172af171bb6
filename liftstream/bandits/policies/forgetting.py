"""How old evidence loses weight when a period ends."""

import numpy as np

from liftstream.bandits.policies.evidence import Floats


def discount_prior(
    posterior: tuple[Floats, Floats], prior: tuple[Floats, Floats], discount: float
) -> tuple[Floats, Floats]:
    """Both counts times `discount`: the mean stays, the variance grows.

    It ends where the counts together weigh no more than the arm's first prior, so an idle arm does not come to know
    less than nothing.
    """
    weight = posterior[0] + posterior[1]
    least = np.minimum(1.0, (prior[0] + prior[1]) / weight)
    factor = np.maximum(discount, least)
    return posterior[0] * factor, posterior[1] * factor
