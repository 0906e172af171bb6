"""Clients per arm, power, effect, significance: any one of the four from the other three.

z: n = (z_alpha + z_beta)^2 (sd_original^2 + sd_candidate^2 / ratio) / (effect - margin)^2, in clients of the original.
t: the same from the noncentral t distribution. Nothing is rounded before the ceiling.
"""

import math
from dataclasses import dataclass, replace
from typing import Unpack

from liftstream.experiment.arguments import FRACTION_LEAST, at_least, fraction, number, refuse
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.root import find_root
from liftstream.experiment.record import Record
from liftstream.experiment.size.design import Design, DesignOptions

CLIENTS_MOST = 1e15


@dataclass(frozen=True, repr=False)
class SampleSize(Record):
    """The four numbers of an experiment that fit together, one of them solved from the others."""

    solved_for: str
    """`n`, `power`, `effect`, `alpha` or `ratio`."""
    n_per_arm: int | None
    """Clients per arm; None where the arms differ in size."""
    n_original: int
    n_candidate: int
    n_total: int
    exact: float
    """Clients of the original before the ceiling."""
    effect: float
    """Difference of a client's mean money (or of rates), candidate - original."""
    sd: float | None
    alpha: float
    power: float
    achieved_power: float
    """Power with the whole numbers of clients."""
    alternative: str
    method: str
    ratio: float = 1.0
    unit: str = "clients per arm"
    correlation: float | None = None
    sd_candidate: float | None = None
    margin: float | None = None
    rate: float | None = None
    count: float | None = None
    mean: float | None = None
    relative_effect: float | None = None
    """effect / size of the original's mean, so that an improvement of a loss is above 0."""
    candidates: int | None = None
    """Candidates that share alpha, if there are several; `n_candidate` is per candidate."""


def solve_sample_size(
    *,
    effect: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    relative_effect: float | None = None,
    mean: float | None = None,
    **options: Unpack[DesignOptions],
) -> SampleSize:
    """Clients that find `effect` with probability `power` at significance `alpha`.

    >>> solve_sample_size(effect=0.7, sd=15, alpha=0.05, power=0.8).n_per_arm
    5678

    Args:
        effect: smallest difference worth finding, in $ per client.
        relative_effect: the same as a share of the size of `mean`, the original's $ per client; of `rate` or `count` where they are given.
        options: `sd`, `rate` or `count`, and whatever else differs from a one-sided z test of two equal arms (`DesignOptions`).

    Raises:
        ValueError: the request is impossible; the message names the argument.
    """
    design = Design(**options)
    effect = absolute_effect(effect, relative_effect, design.level(mean))
    _check_levels(alpha, power)
    return _answer("n", design, effect, alpha, power, _clients(design, effect, alpha, power), mean)


def solve_power(
    *,
    n: float,
    effect: float | None = None,
    alpha: float = 0.05,
    relative_effect: float | None = None,
    mean: float | None = None,
    **options: Unpack[DesignOptions],
) -> SampleSize:
    """Probability that `n` clients per arm (of the original, where `ratio` is not 1) find `effect`."""
    design = Design(**options)
    effect = absolute_effect(effect, relative_effect, design.level(mean))
    _check_clients(design, n)
    power = design.power(n, effect, fraction("alpha", alpha))
    return _answer("power", design, effect, alpha, power, n, mean)


def solve_effect(
    *,
    n: float,
    alpha: float = 0.05,
    power: float = 0.8,
    mean: float | None = None,
    **options: Unpack[DesignOptions],
) -> SampleSize:
    """Smallest effect that `n` clients per arm find with probability `power`."""
    design = Design(**options)
    _check_clients(design, n)
    _check_levels(alpha, power)
    return _answer("effect", design, _smallest_effect(design, n, alpha, power), alpha, power, n, mean)


def solve_significance(
    *,
    n: float,
    effect: float | None = None,
    power: float = 0.8,
    relative_effect: float | None = None,
    mean: float | None = None,
    **options: Unpack[DesignOptions],
) -> SampleSize:
    """Smallest alpha at which `n` clients per arm find `effect` with probability `power`."""
    design = Design(**options)
    effect = absolute_effect(effect, relative_effect, design.level(mean))
    _check_clients(design, n)
    fraction("power", power)
    return _answer("alpha", design, effect, _smallest_alpha(design, n, effect, power), power, n, mean)


def solve_ratio(
    *,
    n: float,
    effect: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    relative_effect: float | None = None,
    mean: float | None = None,
    **options: Unpack[DesignOptions],
) -> SampleSize:
    """Clients of the candidate per client of the original, where the original has `n`.

    Raises:
        ValueError: `n` is too small for any number of the candidate's clients.
    """
    design = Design(**options)
    effect = absolute_effect(effect, relative_effect, design.level(mean))
    at_least("n", n, 2)
    _check_levels(alpha, power)

    def surplus(log_ratio: float) -> float:
        return replace(design, ratio=math.exp(log_ratio)).power(n, effect, alpha) - power

    try:
        ratio = math.exp(find_root(surplus, math.log(2 / n), 1.0, math.log(CLIENTS_MOST / n)))
    except ValueError:
        refuse("n", n, f"large enough: with so few of the original no number of others finds {effect:g}")
    return _answer("ratio", replace(design, ratio=ratio), effect, alpha, power, n, mean)


def absolute_effect(effect: float | None, relative_effect: float | None, mean: float | None) -> float:
    """The effect in $ per client, however it was given."""
    if (effect is None) == (relative_effect is None):
        raise ValueError("give either effect (in $ per client) or relative_effect (with mean)")
    if effect is not None:
        return number("effect", effect)
    if mean is None:
        raise ValueError("relative_effect needs mean, the original's $ per client")
    return number("relative_effect", relative_effect) * abs(number("mean", mean))


def cluster_design_effect(icc: float, mean_cluster_size: float) -> float:
    """How many times more clients are needed where whole clusters are drawn: 1 + (m - 1) icc (Kish 1965)."""
    if not 0 <= number("icc", icc) <= 1:
        refuse("icc", icc, "in 0..1")
    return 1 + (at_least("mean_cluster_size", mean_cluster_size, 1) - 1) * icc


def whole_clients(exact: float) -> int:
    """The ceiling, not disturbed by the last digits of a number that is whole."""
    return max(2, math.ceil(exact * (1 - 1e-12)))


def _check_levels(alpha: float, power: float) -> None:
    if fraction("power", power) <= fraction("alpha", alpha):
        refuse("power", power, f"above alpha ({alpha:g})")


def _check_clients(design: Design, n: float) -> None:
    if at_least("n", n, 2) > CLIENTS_MOST:
        refuse("n", n, f"at most {CLIENTS_MOST:g}")
    if design.ratio * n < 2:
        refuse("ratio", design.ratio, f"at least {2 / n:g}, so that the candidate's arm has 2 clients")


def _clients(design: Design, effect: float, alpha: float, power: float) -> float:
    distance = design.distance(effect)
    at_null, at_effect = design.spreads(effect)
    z_alpha, z_beta = normal.z_of_tail(alpha / design.tails), normal.quantile(power)
    # alpha above one half, with a low power: no client at all would be needed
    root = max(0.0, at_effect * (z_alpha * (at_null / at_effect) + z_beta)) / distance
    if root > CLIENTS_MOST**0.5:
        refuse("effect", effect, f"one that {CLIENTS_MOST:g} clients per arm can find")
    clients = root**2
    if design.is_closed:
        return clients
    least = 2 * max(1.0, 1 / design.ratio)
    return find_root(lambda n: design.power(n, effect, alpha) - power, least, max(least + 1, clients + 3))


def _smallest_effect(design: Design, n: float, alpha: float, power: float) -> float:
    if design.rate is not None:
        return _smallest_rate_effect(design, design.rate, n, alpha, power)
    if design.count is not None:
        return _smallest_count_effect(design, design.count, n, alpha, power)
    z = normal.z_of_tail(alpha / design.tails) + normal.quantile(power)
    distance = z * (design.spreads(0.0)[0] / math.sqrt(n))
    if distance <= 0:
        refuse("power", power, f"large enough to need an effect at alpha {alpha:g}")
    if not design.is_closed:
        distance = find_root(
            lambda d: design.power(n, design.margin + d, alpha) - power, distance * 1e-9, distance * 1.01
        )
    return design.margin + distance


def _smallest_rate_effect(design: Design, rate: float, n: float, alpha: float, power: float) -> float:
    least, most = max(design.margin, -rate), (1 - rate) * (1 - 1e-12)

    def surplus(effect: float) -> float:
        return design.power(n, effect, alpha) - power

    try:
        return find_root(surplus, least + 1e-12 * (most - least), most, most)
    except ValueError:
        raise ValueError(f"n must be large enough to find any effect from rate {rate:g}, got {n:g}") from None


def _smallest_count_effect(design: Design, count: float, n: float, alpha: float, power: float) -> float:
    least = max(design.margin, -count) + 1e-12 * count
    return find_root(lambda effect: design.power(n, effect, alpha) - power, least, least + count)


def _smallest_alpha(design: Design, n: float, effect: float, power: float) -> float:
    at_null, at_effect = design.spreads(effect)
    z = (design.distance(effect) * math.sqrt(n) - normal.quantile(power) * at_effect) / at_null
    alpha = design.tails * normal.upper_tail(z)
    if not design.is_closed and alpha > 0:
        alpha = _searched_alpha(design, n, effect, power, min(alpha, 0.5))
    if alpha < FRACTION_LEAST:
        refuse("n", n, f"smaller for effect {effect:g}, or alpha would be below {FRACTION_LEAST:g}")
    if alpha >= 1:
        refuse("power", power, f"a power that {n:g} clients reach for effect {effect:g} at an alpha in 0..1")
    return alpha


def _searched_alpha(design: Design, n: float, effect: float, power: float, near: float) -> float:
    """The alpha with which this power is reached, found by its logarithm, which may be any number below 0."""

    def surplus(log_alpha: float) -> float:
        return design.power(n, effect, math.exp(log_alpha)) - power

    low = math.log(near) - 1
    while surplus(low) > 0 and low > -650:
        low *= 2
    return math.exp(find_root(surplus, low, low / 2, -1e-12))


def _answer(
    solved_for: str,
    design: Design,
    effect: float,
    alpha: float,
    power: float,
    exact: float,
    mean: float | None,
) -> SampleSize:
    original, candidate = whole_clients(exact), whole_clients(exact * design.ratio)
    as_drawn = design if design.ratio == 1 else replace(design, ratio=candidate / original)
    return SampleSize(
        solved_for=solved_for,
        n_per_arm=original if design.ratio == 1 else None,
        n_original=original,
        n_candidate=candidate,
        n_total=original + design.candidates * candidate,
        exact=float(exact),
        effect=effect,
        sd=design.sd,
        alpha=alpha,
        power=power,
        achieved_power=as_drawn.power(original, effect, alpha),
        alternative=design.alternative,
        method=design.method,
        ratio=design.ratio,
        correlation=design.correlation or None,
        sd_candidate=design.sd_candidate,
        margin=design.margin or None,
        rate=design.rate,
        count=design.count,
        mean=mean,
        relative_effect=effect / abs(level) if (level := design.level(mean)) else None,
        candidates=None if design.candidates == 1 else design.candidates,
    )
