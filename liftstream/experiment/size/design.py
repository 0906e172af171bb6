"""How a fixed-size comparison of two arms is made: its spread, its sides, its method, its power.

All sizes are clients. `ratio` is candidate / original, so an experiment of `n` clients in the original arm has
`n + ratio n` in all. The difference is candidate minus original; the null hypothesis is difference <= `margin`.
"""

import math
from dataclasses import dataclass
from typing import TypedDict, cast

from liftstream.experiment.arguments import fraction, number, one_of, positive, refuse, whole, within
from liftstream.experiment.numerics import noncentral_t, normal

METHODS = ("z", "t")
RATE_METHODS = ("pooled", "unpooled")
RATIO_MOST = 1e15


class DesignOptions(TypedDict, total=False):
    """The keyword arguments that the four `solve_...` functions share."""

    sd: float | None
    """Standard deviation of a client's money, in $."""
    sd_candidate: float | None
    """Standard deviation of the candidate's clients, if it differs."""
    ratio: float
    """Clients of the candidate per client of the original."""
    two_sided: bool
    method: str
    """`z`, or `t` for the noncentral t of the pooled t test."""
    correlation: float
    """Correlation between money and a covariate known before the arm is drawn (CUPED)."""
    margin: float
    """The null hypothesis is difference <= margin; below 0 for non-inferiority."""
    rate: float | None
    """Conversion rate of the original, instead of `sd`; effects are then differences of rates."""
    opposite_tail: bool | None
    """Whether power counts significant results of the wrong sign; default: the exact t does, the closed z does not."""
    candidates: int
    """Candidates that share alpha (Bonferroni: Holm's first step); the answer is the clients with which each finds its
    effect."""
    count: float | None
    """Mean count of the original, Poisson distributed, instead of `sd`; the candidate's is spread by its own mean."""
    rate_variance: str
    """`pooled` under the null hypothesis (Fleiss; Farrington-Manning with a margin), or `unpooled`."""


@dataclass(frozen=True)
class Design:
    """The design of a comparison; see `DesignOptions` for its fields."""

    sd: float | None = None
    sd_candidate: float | None = None
    ratio: float = 1.0
    two_sided: bool = False
    method: str = "z"
    correlation: float = 0.0
    margin: float = 0.0
    rate: float | None = None
    count: float | None = None
    rate_variance: str = "pooled"
    opposite_tail: bool | None = None
    candidates: int = 1

    def __post_init__(self) -> None:
        within("ratio", self.ratio, 1 / RATIO_MOST, RATIO_MOST)
        whole("candidates", self.candidates, 1)
        number("margin", self.margin)
        one_of("method", self.method, METHODS)
        one_of("rate_variance", self.rate_variance, RATE_METHODS)
        if not -1 < number("correlation", self.correlation) < 1:
            refuse("correlation", self.correlation, "between -1 and 1, neither of them")
        self._check_spread()
        if self.two_sided and self.margin != 0:
            refuse("margin", self.margin, "0 in a two-sided test")

    def _check_spread(self) -> None:
        if (self.sd, self.rate, self.count).count(None) != 2:
            raise ValueError(
                "give either sd (of a client's money) or rate (of the original's conversions) or count (the original's mean)"
            )
        if self.sd is not None:
            positive("sd", self.sd)
        if self.sd_candidate is not None:
            positive("sd_candidate", self.sd_candidate)
            if self.sd is None:
                refuse(
                    "sd_candidate",
                    self.sd_candidate,
                    "absent where rate or count says how far clients spread",
                )
        if self.rate is not None:
            fraction("rate", self.rate)
            if not -1 < self.margin < 1:
                refuse("margin", self.margin, "between -1 and 1, as a difference of rates")
        if self.count is not None:
            positive("count", self.count)
        if self.method == "t" and (self.sd is None or self.sd_candidate not in {None, self.sd}):
            refuse("method", self.method, "z for rates, for counts and for unequal standard deviations")

    @property
    def tails(self) -> int:
        """Into how many parts alpha is divided: sides, of each candidate."""
        return (2 if self.two_sided else 1) * self.candidates

    @property
    def alternative(self) -> str:
        """`one-sided` (the candidate earns more) or `two-sided`."""
        return "two-sided" if self.two_sided else "one-sided"

    def distance(self, effect: float) -> float:
        """How far the effect is from the null hypothesis.

        Raises:
            ValueError: it is not on the alternative's side of it.
        """
        if number("effect", effect) == 0 and self.margin == 0:
            refuse("effect", effect, "different from 0")
        if self.two_sided:
            return abs(effect)
        if effect <= self.margin:
            refuse("effect", effect, f"above {self.margin:g} in a one-sided test")
        return effect - self.margin

    def level(self, mean: float | None) -> float | None:
        """The original's mean: as given, or the rate or count that it is."""
        if mean is not None:
            return mean
        return self.rate if self.count is None else self.count

    def spreads(self, effect: float) -> tuple[float, float]:
        """sd of the difference under the null hypothesis and under the effect, times sqrt(clients of the original)."""
        unexplained = math.sqrt(1 - self.correlation**2)
        if self.rate is not None:
            at_null, at_effect = self._rate_spreads(self.rate, effect)
            return at_null * unexplained, at_effect * unexplained
        original, candidate = self._sds(effect)
        spread = math.hypot(original, candidate / math.sqrt(self.ratio)) * unexplained
        return spread, spread

    def _sds(self, effect: float) -> tuple[float, float]:
        """Standard deviations of the original's and the candidate's clients."""
        if self.count is None:
            original = cast(float, self.sd)
            return original, original if self.sd_candidate is None else self.sd_candidate
        if self.count + effect <= 0:
            refuse(
                "effect",
                effect,
                f"a difference that leaves the candidate's mean count above 0 (count {self.count:g})",
            )
        return math.sqrt(self.count), math.sqrt(self.count + effect)

    def _rate_spreads(self, rate: float, effect: float) -> tuple[float, float]:
        candidate = rate + effect
        if not 0 < candidate < 1:
            refuse("effect", effect, f"a difference that leaves the candidate's rate {candidate:g} in 0..1")
        at_effect = _rate_spread(rate, candidate, self.ratio)
        if self.rate_variance == "unpooled":
            return at_effect, at_effect
        return _rate_spread(*null_rates(rate, candidate, self.ratio, self.margin), self.ratio), at_effect

    def power(self, n: float, effect: float, alpha: float) -> float:
        """Probability that the test finds `effect` with `n` clients in the original arm.

        z: the closed form, which leaves out the chance of a significant result of the wrong sign, as sample-size
        formulas do. t: exact, both tails counted in a two-sided test. `opposite_tail` says otherwise for either.
        """
        tail = alpha / self.tails
        at_null, at_effect = self.spreads(effect)
        distance = self.distance(effect)
        root = math.sqrt(n)
        if self.method == "z":
            critical = normal.z_of_tail(tail) * at_null
            opposite = normal.cdf((-distance * root - critical) / at_effect) if self._counts_opposite else 0.0
            return normal.cdf((distance * root - critical) / at_effect) + opposite
        df, ncp = self.degrees(n), distance * root / at_effect
        critical = noncentral_t.t_of_tail(tail, df)
        opposite = noncentral_t.upper_tail(critical, df, -ncp) if self._counts_opposite else 0.0
        return noncentral_t.upper_tail(critical, df, ncp) + opposite

    @property
    def is_closed(self) -> bool:
        """Whether n, effect and alpha follow from a formula, without a search."""
        return self.method == "z" and not self._counts_opposite

    @property
    def _counts_opposite(self) -> bool:
        if not self.two_sided:
            return False
        return self.method == "t" if self.opposite_tail is None else self.opposite_tail

    def degrees(self, n: float) -> float:
        """Degrees of freedom of the pooled t test."""
        return n * (1 + self.ratio) - 2


def _rate_spread(original: float, candidate: float, ratio: float) -> float:
    return math.sqrt(original * (1 - original) + candidate * (1 - candidate) / ratio)


def null_rates(original: float, candidate: float, ratio: float, margin: float) -> tuple[float, float]:
    """The likeliest rates with candidate - original = margin (Farrington & Manning 1990, eq. 5 and appendix)."""
    if margin == 0:
        pooled = (original + ratio * candidate) / (1 + ratio)
        return pooled, pooled
    if original + candidate > 1:  # by those who did not convert, whose share near 0 has all its digits
        did_not = null_rates(1 - original, 1 - candidate, ratio, -margin)
        return 1 - did_not[0], 1 - did_not[1]
    a = 1 + 1 / ratio
    theta = 1 / ratio
    b = -(1 + theta + candidate + theta * original + margin * (theta + 2))
    c = margin**2 + margin * (2 * candidate + theta + 1) + candidate + theta * original
    d = -candidate * margin * (1 + margin)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(0.0, b**2 / (9 * a**2) - c / (3 * a))), v)
    if u == 0:  # a triple root
        return -b / (3 * a) - margin, -b / (3 * a)
    w = (math.pi + math.acos(max(-1.0, min(1.0, v / u**3)))) / 3
    candidate_null = _polished(2 * u * math.cos(w) - b / (3 * a), (a, b, c, d))
    return candidate_null - margin, candidate_null


def _polished(x: float, cubic: tuple[float, float, float, float]) -> float:
    """A root of the cubic by Newton's steps: the cosine leaves a rate near 0 few of its digits."""
    a, b, c, d = cubic

    def value(x: float) -> float:
        return ((a * x + b) * x + c) * x + d

    for _ in range(4):
        slope = (3 * a * x + 2 * b) * x + c
        nearer = x - value(x) / slope if slope else x
        if abs(value(nearer)) >= abs(value(x)):
            break
        x = nearer
    return x
