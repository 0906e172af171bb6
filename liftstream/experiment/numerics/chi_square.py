"""The chi-square distribution."""

import math

from liftstream.experiment.numerics import normal


def upper_tail_chi_square(chi2: float, df: int) -> float:
    """P(X > chi2)."""
    if df == 1:
        return normal.two_sided_p(math.sqrt(chi2))
    from scipy.special import chdtrc

    return float(chdtrc(df, chi2))
