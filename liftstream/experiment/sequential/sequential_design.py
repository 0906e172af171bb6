"""A group-sequential design: bounds, most and expected clients, power, with or without futility.

Everything is first found in units of the fixed design: `inflation` is the number of clients at the last look over that
of an experiment without looks. The drift (mean of z at information 1) that gives the planned power says both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from liftstream.experiment.arguments import fraction, number, refuse, whole
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.root import find_root
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.alpha_spending import Spending, check_increasing
from liftstream.experiment.sequential.crossing import Paths, crossing_probabilities, drift_where
from liftstream.experiment.sequential.sequential_bounds import (
    binding_bounds,
    futility_bounds,
    lower_bounds,
    planned_spending,
    spending_bounds,
)

TINY = 1e-300
"""Smaller numbers count as this, before a logarithm."""


@dataclass(frozen=True, repr=False)
class GroupSequential(Record):
    """Bounds of z at each look and what they cost."""

    design: str
    times: tuple[float, ...]
    """Share of the planned information at each look; the last is 1."""
    alpha: float
    """Significance level of all looks together, and of both sides if the design has two."""
    power: float
    two_sided: bool
    z_upper: tuple[float, ...]
    z_lower: tuple[float, ...]
    """Futility, or the mirrored bounds of two sides; -inf where there is none."""
    alpha_spent: tuple[float, ...]
    """Cumulative, by the side(s) as in `alpha`."""
    nominal_p: tuple[float, ...]
    """One-sided p-value that just reaches the bound."""
    drift: float
    """Mean of z at the last look under the planned effect."""
    inflation: float
    expected_ratio_null: float
    """Expected clients over those of the fixed design, without an effect."""
    expected_ratio_effect: float
    """The same under the planned effect."""
    spending: Spending
    futility: str | None = None
    futility_parameter: float | None = None
    binding: bool = False

    def power_at(self, multiple: float) -> float:
        """Probability to find `multiple` times the planned effect."""
        drift = multiple * self.drift
        paths = self._paths(drift)
        missed = paths.missed(drift)
        # of two that sum to 1, the smaller has the digits
        return 1 - missed if missed < 0.5 else sum(paths.crossed(drift)[0])

    def expected_ratio(self, multiple: float) -> float:
        """Expected clients over those of the fixed design, at `multiple` times the planned effect."""
        drift = multiple * self.drift
        stopped = [up + down for up, down in zip(*self._paths(drift).crossed(drift), strict=True)]
        before = sum(t * p for t, p in zip(self.times[:-1], stopped[:-1], strict=True))
        return self.inflation * (before + 1 - sum(stopped[:-1]))

    def _paths(self, drift: float) -> Paths:
        return _integrated(self.times, self.z_lower, self.z_upper, drift)


@lru_cache(maxsize=64)
def _integrated(
    times: tuple[float, ...], lower: tuple[float, ...], upper: tuple[float, ...], drift: float
) -> Paths:
    return Paths.of(times, lower, upper, drift)


def group_sequential(
    looks: int | Sequence[float] = 5,
    *,
    design: str = "obf",
    parameter: float | None = None,
    cumulative: Sequence[float] | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    two_sided: bool = False,
    futility: str | None = None,
    futility_parameter: float | None = None,
    binding: bool = False,
    final: bool = False,
) -> GroupSequential:
    """The design of an experiment that is looked at several times.

    Args:
        looks: how many, equally spaced; or the shares of information at which they are taken. Where they end below 1,
            the last spends what the function says by then, as the ones before it.
        design: a spending function (`obf`, `pocock`, `hsd`, `kim-demets`, `user`) or a classic shape
            (`obf-classic`, `pocock-classic`, `wang-tsiatis`, `haybittle-peto`).
        parameter: gamma, rho, delta or the constant of the design.
        cumulative: for `user`, the alpha spent by each look, of all sides.
        futility: a spending function for beta, which adds lower bounds to a one-sided design.
        binding: whether the lower bounds are sure to be obeyed; then the upper ones may be lower.
        final: whether the last of looks that end below 1 ends the experiment all the same, and so spends what is left.

    Raises:
        ValueError: names the argument that makes no sense.
    """
    spent = None if cumulative is None else tuple(cumulative)
    return _solved(
        look_times(looks, scaled=False),
        design,
        parameter,
        spent,
        alpha,
        power,
        two_sided,
        futility,
        futility_parameter,
        binding,
        final,
    )


@lru_cache(maxsize=256)
def _solved(
    times: tuple[float, ...],
    design: str,
    parameter: float | None,
    cumulative: tuple[float, ...] | None,
    alpha: float,
    power: float,
    two_sided: bool,
    futility: str | None,
    futility_parameter: float | None,
    binding: bool,
    final: bool,
) -> GroupSequential:
    fraction("alpha", alpha)
    if not alpha < fraction("power", power):
        refuse("power", power, f"above alpha ({alpha:g})")
    if futility and two_sided:
        refuse("futility", futility, "absent in a two-sided design")
    sides = 2 if two_sided else 1
    shares = None if cumulative is None else [share / sides for share in cumulative]
    spending = planned_spending(design, times, alpha / sides, two_sided, parameter, shares)
    spent = spent_at(spending, times, alpha / sides, final or math.isclose(times[-1], 1.0))
    upper = spending_bounds(times, spent, two_sided)
    lower = lower_bounds(upper, two_sided)
    fixed = normal.z_of_tail(alpha / sides) + normal.quantile(power)
    if futility:
        beta = Spending(futility, futility_parameter)
        upper, lower, drift = _with_futility(times, spent, upper, beta, 1 - power, binding, fixed)
    else:
        drift = _drift_of_power(times, lower, upper, power, fixed)
    found = GroupSequential(
        design=design,
        times=times,
        alpha=alpha,
        power=power,
        two_sided=two_sided,
        z_upper=upper,
        z_lower=lower,
        alpha_spent=tuple(sides * s for s in spent),
        nominal_p=tuple(normal.upper_tail(z) for z in upper),
        drift=drift,
        inflation=(drift / fixed) ** 2,
        expected_ratio_null=math.nan,
        expected_ratio_effect=math.nan,
        spending=spending,
        futility=futility,
        futility_parameter=futility_parameter,
        binding=binding,
    )
    return replace(
        found, expected_ratio_null=found.expected_ratio(0), expected_ratio_effect=found.expected_ratio(1)
    )


def look_times(looks: int | Sequence[float], *, scaled: bool = True) -> tuple[float, ...]:
    """Shares of the information at the looks, scaled so that the last is 1 (or only where it is beyond)."""
    if isinstance(looks, str) or not hasattr(looks, "__iter__"):
        count = whole("looks", looks, 1)
        return tuple((i + 1) / count for i in range(count))
    times = tuple(number("looks", t) for t in looks)
    check_increasing(times)
    whole_one = times[-1] if scaled or times[-1] > 1 else 1.0
    return tuple(t / whole_one for t in times)


def spent_at(
    spending: Spending, times: Sequence[float], alpha: float, final: bool = True
) -> tuple[float, ...]:
    """Cumulative alpha of one side at the looks; a final look spends the rest."""
    spent = tuple(spending.spent(t, alpha) for t in times)
    return (*spent[:-1], alpha) if final else spent


def _drift_of_power(
    times: tuple[float, ...], lower: Sequence[float], upper: Sequence[float], power: float, fixed: float
) -> float:
    """The drift that misses with probability 1 - power; `fixed` is that of an experiment without looks."""
    if len(times) == 1:
        return (upper[0] + normal.quantile(power)) / math.sqrt(times[0])
    beta = math.log(1 - power)
    return drift_where(
        lambda drift: Paths.of(times, lower, upper, drift),
        lambda paths, drift: beta - math.log(max(paths.missed(drift), TINY)),
        fixed,
    )


def _with_futility(
    times: tuple[float, ...],
    spent: tuple[float, ...],
    upper: tuple[float, ...],
    spending: Spending,
    beta: float,
    binding: bool,
    fixed: float,
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Upper bounds, lower bounds and the drift at which the paths below them sum to beta."""
    beta_spent = tuple(spending.spent(t, beta) for t in times)

    def bounds(drift: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if binding:
            high, low = binding_bounds(times, spent, beta_spent, drift)
            return high, (*low[:-1], high[-1])
        return upper, (*futility_bounds(times[:-1], upper, beta_spent, drift), upper[-1])

    def missed(drift: float) -> float:
        high, low = bounds(drift)
        return math.log(beta / max(sum(crossing_probabilities(times, low, high, drift)[1]), TINY))

    drift = find_root(missed, 0.99 * fixed, 1.3 * fixed, 1e3)
    return *bounds(drift), drift


def bounds_at(
    design: GroupSequential, times: tuple[float, ...], final: bool
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Upper bounds, lower bounds and cumulative alpha (one side) at looks as they really came.

    Args:
        times: information at the looks taken so far, as shares of the planned one; may go beyond 1.
        final: whether the last of them ends the experiment, and so spends what is left.
    """
    alpha = design.alpha / (2 if design.two_sided else 1)
    spent = spent_at(design.spending, times, alpha, final)
    upper = spending_bounds(times, spent, design.two_sided)
    if not design.futility:
        return upper, lower_bounds(upper, design.two_sided), spent
    beta = Spending(design.futility, design.futility_parameter)
    beta_spent = tuple(beta.spent(t, 1 - design.power) for t in times)
    if design.binding:
        upper, lower = binding_bounds(times, spent, beta_spent, design.drift)
    else:
        lower = futility_bounds(times, upper, beta_spent, design.drift)
    return upper, (*lower[:-1], upper[-1]) if final else lower, spent
