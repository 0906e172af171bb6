"""Intervals that hold at all times together: look as often as you like, stop when you like.

Asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2021): effect within
se sqrt(N) sqrt((N rho2 + 1) / (N^2 rho2) log((N rho2 + 1) / alpha^2)), N clients of both arms. `rho2` says where the
sequence is narrowest; here always at the planned number of clients, never a hidden constant. The price is shown in
clients: about 1.9 times as many as a single analysis for the same power.
"""

import math
from dataclasses import dataclass

from liftstream.experiment.arguments import fraction, one_of, positive
from liftstream.experiment.compare.comparison import ALTERNATIVES
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class AlwaysValid(Record):
    """What may be said at any time."""

    effect: float
    ci_low: float | None
    ci_high: float | None
    """The open end of a one-sided sequence is None."""
    pvalue: float
    alpha: float
    alternative: str
    rho2: float
    method: str = "asymptotic confidence sequence"


def rho2_exact(tuned_at: float, alpha: float) -> float:
    """The rho squared of the narrowest sequence at `tuned_at` clients: (-W_{-1}(-alpha^2 / e) - 1) / t."""
    from scipy.special import lambertw

    fraction("alpha", alpha)
    return float(-lambertw(-(alpha**2) / math.e, k=-1).real - 1) / positive("tuned_at", tuned_at)


def rho2_approximate(tuned_at: float, alpha: float) -> float:
    """A close formula for `rho2_exact`, used by GrowthBook: (-2 log a + log(1 - 2 log a)) / t."""
    log_alpha = -2 * math.log(fraction("alpha", alpha))
    return (log_alpha + math.log(log_alpha + 1)) / positive("tuned_at", tuned_at)


def margin(n: float, rho2: float, alpha: float) -> float:
    """Half width for observations of sd 1, two-sided."""
    grown = n * rho2 + 1
    return math.sqrt(grown / (n * n * rho2) * math.log(grown / alpha**2))


def one_sided_margin(n: float, rho2: float, alpha: float) -> float:
    """Distance of the bound for observations of sd 1, one-sided."""
    grown = n * rho2 + 1
    return math.sqrt(2 * grown / (n * n * rho2) * math.log1p(math.sqrt(grown) / (2 * alpha)))


def always_valid(
    effect: float,
    se: float,
    n: float,
    *,
    tuned_at: float,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    null: float = 0.0,
    approximate: bool = False,
) -> AlwaysValid:
    """The confidence sequence of a difference at `n` clients of both arms together.

    Args:
        se: standard error of the effect now.
        tuned_at: clients of both arms at which the sequence is narrowest: those of the plan.
        approximate: tune by `rho2_approximate`, as GrowthBook does.
    """
    one_of("alternative", alternative, ALTERNATIVES)
    positive("se", se)
    positive("n", n)
    level = alpha if alternative == "two-sided" else 2 * alpha
    rho2 = (rho2_approximate if approximate else rho2_exact)(tuned_at, level)
    sd = se * math.sqrt(n)
    distance = effect - null
    low: float | None
    high: float | None
    if alternative == "two-sided":
        reach = sd * margin(n, rho2, alpha)
        low, high = effect - reach, effect + reach
        p = _p_value(abs(distance) / sd, n, rho2)
    else:
        reach = sd * one_sided_margin(n, rho2, alpha)
        low, high = (effect - reach, None) if alternative == "one-sided" else (None, effect + reach)
        p = _one_sided_p_value((distance if alternative == "one-sided" else -distance) / sd, n, rho2)
    return AlwaysValid(effect, low, high, p, alpha, alternative, rho2)


def _p_value(distance: float, n: float, rho2: float) -> float:
    """One over the e-value of the normal mixture; the interval excludes the null exactly when this is below alpha."""
    grown = n * rho2 + 1
    return math.exp(min(0.0, 0.5 * math.log(grown) - rho2 * (n * distance) ** 2 / (2 * grown)))


def _one_sided_p_value(distance: float, n: float, rho2: float) -> float:
    """The alpha whose bound just reaches the null: log(1 + sqrt(grown) / 2a) = n^2 rho2 d^2 / (2 grown)."""
    grown = n * rho2 + 1
    if distance <= 0:
        return 1.0
    exponent = rho2 * (n * distance) ** 2 / (2 * grown)
    half = 0.5 * math.sqrt(grown)
    if exponent > 700:
        return half * math.exp(-exponent)
    evidence = math.expm1(exponent)
    return half / evidence if evidence > half else 1.0


@dataclass(frozen=True, repr=False)
class RunningSequence(Record):
    """What has been said so far: p is the running minimum, the interval the running intersection."""

    ci_low: float = -math.inf
    ci_high: float = math.inf
    pvalue: float = 1.0

    def then(self, now: AlwaysValid) -> "RunningSequence":
        """The sequence with another look."""
        low = self.ci_low if now.ci_low is None else max(self.ci_low, now.ci_low)
        high = self.ci_high if now.ci_high is None else min(self.ci_high, now.ci_high)
        return RunningSequence(low, high, min(self.pvalue, now.pvalue))
