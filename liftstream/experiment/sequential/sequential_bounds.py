"""Bounds for z at each look so that looking early does not raise the error.

Spending functions give bounds for looks at any information, in any number; the classic designs fix their shape:
`obf-classic`, `pocock-classic` and `wang-tsiatis` are C t^(delta - 1/2), `haybittle-peto` is a constant until the end.
`alpha` is always that of one side; a two-sided design also has the mirrored bounds.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from liftstream.experiment.arguments import fraction, one_of, positive, refuse, whole, within
from liftstream.experiment.numerics.root import find_root
from liftstream.experiment.sequential.alpha_spending import NAMES, Spending, check_increasing
from liftstream.experiment.sequential.crossing import (
    START,
    Continuing,
    bound_of,
    crossing_probabilities,
    flipped,
)

CLASSIC = ("obf-classic", "pocock-classic", "wang-tsiatis", "haybittle-peto")
DESIGNS = (*NAMES, *CLASSIC)
PARAMETERS = {"hsd": "gamma", "kim-demets": "rho", "wang-tsiatis": "delta", "haybittle-peto": "constant"}
"""What the one parameter of a design is called, for those that have one."""
NONE = -math.inf
"""The lower bound of a one-sided design without futility."""


def lower_bounds(upper: Sequence[float], two_sided: bool) -> tuple[float, ...]:
    """The mirrored bounds of two sides; none of one."""
    return tuple(-z if two_sided else NONE for z in upper)


def spending_bounds(times: tuple[float, ...], spent: tuple[float, ...], two_sided: bool) -> tuple[float, ...]:
    """Upper bounds that are first crossed with the given cumulative probabilities when there is no effect.

    Kept look by look, so that one more look costs one more step.

    Args:
        times: information at the looks.
        spent: cumulative alpha of one side at the looks.

    Raises:
        ValueError: looks out of order, or alpha spent backwards.
    """
    check_increasing(times)
    if any(later < earlier for earlier, later in pairwise(spent)):
        refuse("cumulative alpha", list(spent), "never falling")
    for looks in range(1, len(times)):  # from the first on, so that no look waits for hundreds before it
        _until(times[:looks], spent[:looks], two_sided)
    return _bounds(times, spent, two_sided)


@lru_cache(maxsize=4096)
def _bounds(times: tuple[float, ...], spent: tuple[float, ...], two_sided: bool) -> tuple[float, ...]:
    if len(times) == 1:
        return (bound_of(START, times[0], spent[0]),)
    going = _until(times[:-1], spent[:-1], two_sided)
    last = bound_of(going, times[-1], spent[-1] - spent[-2])
    return (*_bounds(times[:-1], spent[:-1], two_sided), last)


@lru_cache(maxsize=1024)
def _until(times: tuple[float, ...], spent: tuple[float, ...], two_sided: bool) -> Continuing:
    """The paths that have crossed nothing up to the last of the looks."""
    going = START if len(times) == 1 else _until(times[:-1], spent[:-1], two_sided)
    high = _bounds(times, spent, two_sided)[-1]
    return going.go_on(times[-1], -high if two_sided else NONE, high)


def classic_bounds(
    design: str, times: tuple[float, ...], alpha: float, two_sided: bool, parameter: float | None = None
) -> tuple[float, ...]:
    """Bounds of a fixed shape, scaled so that the error over all looks is alpha (one side).

    Args:
        parameter: delta of `wang-tsiatis` (0 is O'Brien-Fleming, 0.5 Pocock); the constant of `haybittle-peto` (3).
    """
    one_of("design", design, CLASSIC)
    check_increasing(times)
    fraction("alpha", alpha)
    if design == "haybittle-peto":
        return _haybittle_peto(
            times, alpha, two_sided, 3.0 if parameter is None else positive("constant", parameter)
        )
    delta = {"obf-classic": 0.0, "pocock-classic": 0.5}.get(design, 0.25 if parameter is None else parameter)
    shape = [(t / times[-1]) ** (within("delta", delta, -1, 1) - 0.5) for t in times]

    def spare(constant: float) -> float:
        return alpha - total_error(times, [constant * s for s in shape], two_sided)

    constant = find_root(spare, 0.1, 4.0)
    return tuple(constant * s for s in shape)


def _haybittle_peto(
    times: tuple[float, ...], alpha: float, two_sided: bool, constant: float
) -> tuple[float, ...]:
    going, used = START, 0.0
    for t in times[:-1]:
        used += going.above(t, constant)
        going = going.go_on(t, -constant if two_sided else NONE, constant)
    if used >= alpha:
        refuse(
            "constant", constant, f"so high that the looks before the last use less than alpha ({alpha:g})"
        )
    return (*[constant] * (len(times) - 1), bound_of(going, times[-1], alpha - used))


def total_error(times: Sequence[float], upper: Sequence[float], two_sided: bool = False) -> float:
    """Probability of ever crossing the upper bounds without an effect (one side; the mirrored ones are respected)."""
    return sum(crossing_probabilities(times, lower_bounds(upper, two_sided), upper)[0])


def naive_error(looks: int, alpha: float, two_sided: bool) -> float:
    """The true error of an ordinary test that is repeated at `looks` equally spaced looks (McPherson 1974)."""
    looks = whole("looks", looks, 1)
    times = tuple((i + 1) / looks for i in range(looks))
    z = bound_of(START, 1.0, fraction("alpha", alpha) / (2 if two_sided else 1))
    return error_of_rule(times, [z] * looks, two_sided)


def error_of_rule(times: Sequence[float], upper: Sequence[float], two_sided: bool) -> float:
    """The true error of a rule that stops at |z| (or z) above the given values."""
    return total_error(times, upper, two_sided) * (2 if two_sided else 1)


def futility_bounds(
    times: Sequence[float], upper: Sequence[float], spent: Sequence[float], drift: float
) -> tuple[float, ...]:
    """Lower bounds that are first crossed with the given cumulative probabilities under the effect."""
    going, before = START, 0.0
    bounds: list[float] = []
    for t, high, cumulative in zip(times, upper, spent, strict=False):
        bounds.append(min(high, -bound_of(flipped(going), t, cumulative - before, -drift)))
        before = cumulative
        if len(bounds) < len(times):
            going = going.go_on(t, bounds[-1], high, drift)
    return tuple(bounds)


def binding_bounds(
    times: Sequence[float], spent: Sequence[float], beta_spent: Sequence[float], drift: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Upper and lower bounds, look by look: the lower ones remove paths that could have crossed the upper by chance."""
    without, under, before, beta_before = START, START, 0.0, 0.0
    upper: list[float] = []
    lower: list[float] = []
    for t, alpha, beta in zip(times, spent, beta_spent, strict=True):
        upper.append(bound_of(without, t, alpha - before))
        lower.append(min(upper[-1], -bound_of(flipped(under), t, beta - beta_before, -drift)))
        before, beta_before = alpha, beta
        without = without.go_on(t, lower[-1], upper[-1])
        under = under.go_on(t, lower[-1], upper[-1], drift)
    return tuple(upper), tuple(lower)


def planned_spending(
    design: str,
    times: tuple[float, ...],
    alpha: float,
    two_sided: bool,
    parameter: float | None,
    cumulative: Sequence[float] | None,
) -> Spending:
    """The spending function that gives the design's bounds at its planned looks, and says what others may spend.

    A classic design becomes `user` spending through the error that its bounds have spent at the planned looks, so that
    looks may come late, early or besides.
    """
    one_of("spending", design, DESIGNS)
    if design == "user":
        if cumulative is None:
            refuse("cumulative", cumulative, "the cumulative alpha of each look")
        return Spending("user", times=times, shares=tuple(share / alpha for share in cumulative))
    if design in NAMES:
        return Spending(design, parameter)
    upper = classic_bounds(design, times, alpha, two_sided, parameter)
    crossed, _ = crossing_probabilities(times, lower_bounds(upper, two_sided), upper)
    shares = (min(1.0, total / alpha) for total in accumulate(crossed[:-1]))
    return Spending("user", times=times, shares=(*shares, 1.0))
