"""Two rates with few conversions: the score test with its interval, and the exact tests that people ask for by name.

`score` is one inversion: its p-value and interval come from z = (difference - null) / se, se under the likeliest rates
that differ by the null (Mee 1984; Farrington & Manning 1990). At a null of 0 it is the pooled z test. The exact tests
and the chi-square ones have p-values only.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from liftstream.experiment.arguments import one_of, refuse
from liftstream.experiment.compare.comparison import ALTERNATIVES, Comparison, check_levels
from liftstream.experiment.compare.proportions import RateTest, rate
from liftstream.experiment.numerics import normal
from liftstream.experiment.size.design import null_rates

STEPS = 80
"""Halvings of an interval of rates: to the last digit."""
TABLES_MOST = 10_000_000
SCIPY = {"one-sided": "greater", "less": "less", "two-sided": "two-sided"}


def score(
    converted_original: int,
    n_original: int,
    converted_candidate: int,
    n_candidate: int,
    *,
    alpha: float = 0.05,
    alternative: str = "one-sided",
    null: float = 0.0,
) -> Comparison:
    """Score test of a difference of rates, candidate minus original, with the interval that inverts it.

    Raises:
        ValueError: nobody or everybody converted in both arms, so nothing can be compared (but with a null that is not 0).
    """
    check_levels(alpha, alternative)
    original, candidate = rate(converted_original, n_original), rate(converted_candidate, n_candidate)
    if original == candidate and original in {0.0, 1.0} and null == 0:
        refuse("converted", converted_original, "some of the clients, neither none nor all")
    effect = candidate - original

    def error(difference: float) -> float:
        return _null_error(original, candidate, n_original, n_candidate, difference)

    def z_at(difference: float) -> float:
        spread = error(difference)
        return (effect - difference) / spread if spread > 0 else math.copysign(math.inf, effect - difference)

    z = z_at(null)
    reach = normal.z_of_tail(alpha / 2 if alternative == "two-sided" else alpha)
    low = _edge(lambda d: z_at(d) > reach, -1.0, effect)
    high = _edge(lambda d: z_at(d) >= -reach, effect, 1.0)
    return Comparison(
        effect=effect,
        ci_low=low,
        ci_high=high,
        pvalue=min(1.0, normal.pvalue(z, alternative)),
        statistic=z,
        se=error(null),
        df=None,
        alpha=alpha,
        alternative=alternative,
        method="score",
        bound={"one-sided": low, "less": high}.get(alternative),
        null=null,
        unit="share of clients",
        n_original=n_original,
        n_candidate=n_candidate,
        mean_original=original,
        mean_candidate=candidate,
    )


def _null_error(original: float, candidate: float, n_o: int, n_c: int, difference: float) -> float:
    """Standard error under the likeliest rates that differ by `difference`."""
    if difference == 0:
        pooled = (original * n_o + candidate * n_c) / (n_o + n_c)
        return math.sqrt(pooled * (1 - pooled) * (1 / n_o + 1 / n_c))
    first, second = null_rates(original, candidate, n_c / n_o, difference)
    first, second = min(1.0, max(0.0, first)), min(1.0, max(0.0, second))
    return math.sqrt(first * (1 - first) / n_o + second * (1 - second) / n_c)


def _edge(left: Callable[[float], bool], low: float, high: float) -> float:
    """Where `left` turns from true to false."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle) else (low, middle)
    return (low + high) / 2


def fisher(x_o: int, n_o: int, x_c: int, n_c: int, *, alternative: str = "one-sided") -> RateTest:
    """Fisher's exact test (1935), given all conversions together."""
    from scipy import stats

    return _exact("Fisher, exact", stats.fisher_exact, x_o, n_o, x_c, n_c, alternative)


def barnard(x_o: int, n_o: int, x_c: int, n_c: int, *, alternative: str = "one-sided") -> RateTest:
    """Barnard's unconditional exact test (1945) with the pooled z as its statistic, for at most `TABLES_MOST` tables."""
    from scipy import stats

    _check_tables(n_o, n_c)
    return _exact("Barnard, exact", stats.barnard_exact, x_o, n_o, x_c, n_c, alternative)


def boschloo(x_o: int, n_o: int, x_c: int, n_c: int, *, alternative: str = "one-sided") -> RateTest:
    """Boschloo's unconditional exact test (1970): never less powerful than Fisher's; for at most `TABLES_MOST` tables."""
    from scipy import stats

    _check_tables(n_o, n_c)
    return _exact("Boschloo, exact", stats.boschloo_exact, x_o, n_o, x_c, n_c, alternative)


def log_likelihood(x_o: int, n_o: int, x_c: int, n_c: int, *, correction: bool = False) -> RateTest:
    """Likelihood-ratio chi-square test of two rates (Wilks 1938), two-sided."""
    return _chi_square("log-likelihood", x_o, n_o, x_c, n_c, correction)


def yates(x_o: int, n_o: int, x_c: int, n_c: int, *, correction: bool = True) -> RateTest:
    """Pearson's chi-square test of two rates, two-sided, with Yates's (1934) correction for continuity or without."""
    return _chi_square("pearson", x_o, n_o, x_c, n_c, correction)


def _exact(
    method: str, test: Callable[..., Any], x_o: int, n_o: int, x_c: int, n_c: int, alternative: str
) -> RateTest:
    one_of("alternative", alternative, ALTERNATIVES)
    original, candidate = rate(x_o, n_o), rate(x_c, n_c)
    found = test(_table(x_o, n_o, x_c, n_c), alternative=SCIPY[alternative])
    pvalue = float(found.pvalue)
    return RateTest(
        candidate - original, float(found.statistic), pvalue, alternative, method, original, candidate
    )


def _check_tables(n_o: int, n_c: int) -> None:
    """An unconditional test weighs every table that the clients of both arms could have given."""
    if (n_o + 1) * (n_c + 1) > TABLES_MOST:
        refuse(
            "n_candidate",
            n_c,
            f"at most {max(1, TABLES_MOST // (n_o + 1) - 1):,} beside {n_o:,}; `score` takes any number",
        )


def _chi_square(kind: str, x_o: int, n_o: int, x_c: int, n_c: int, correction: bool) -> RateTest:
    from scipy import stats

    original, candidate = rate(x_o, n_o), rate(x_c, n_c)
    if x_o + x_c in {0, n_o + n_c}:
        refuse("converted", x_o + x_c, "some of the clients, neither none nor all")
    found = stats.chi2_contingency(_table(x_o, n_o, x_c, n_c), correction=correction, lambda_=kind)
    method = ("log-likelihood" if kind == "log-likelihood" else "chi-square") + (
        ", corrected for continuity" if correction else ""
    )
    return RateTest(
        candidate - original,
        float(found.statistic),
        float(found.pvalue),
        "two-sided",
        method,
        original,
        candidate,
    )


def _table(x_o: int, n_o: int, x_c: int, n_c: int) -> np.ndarray:
    """Conversions and the rest, the candidate first: `greater` then means that it converts more."""
    return np.array([[x_c, x_o], [n_c - x_c, n_o - x_o]], dtype=np.int64)
