"""Checks of a difference before it is trusted. Each says ok, warning or alarm."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.amounts import money
from liftstream.experiment.checks.check import Check
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.cuped import adjusted_arms, theta_of
from liftstream.experiment.compare.means import welch, z_test
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments

Array = NDArray[np.float64]
ALARM, WARNING = 0.001, 0.01
SKEWNESS_FACTOR = 355
"""Kohavi et al. (2014): a mean is normal enough from 355 skewness^2 clients on."""
LARGEST = 10
FEW = 30


def check_balance(covariate: Mapping[str, Moments]) -> Check:
    """Whether the arms were alike at the start: a covariate known before the draw must not differ between them."""
    original, *others = covariate.values()
    if any(arm.n < 2 for arm in covariate.values()) or not any(arm.m2 > 0 for arm in covariate.values()):
        return Check("balance", "warning", "the covariate does not vary, so it says nothing about balance")
    p = min(
        1.0, len(others) * min(z_test(original, other, alternative="two-sided").pvalue for other in others)
    )
    status = "alarm" if p < ALARM else "warning" if p < WARNING else "ok"
    said = {
        "ok": f"the arms were balanced at the start (p {p:.2g})",
        "warning": f"the arms may have started differently (p {p:.2g})",
        "alarm": f"the arms were different before the experiment began (p {p:.2g}): the draw is broken",
    }[status]
    return Check("balance", status, said, {"pvalue": p})


class Tail(NamedTuple):
    """How skewed the money of an arm is."""

    clients: int
    skewness: float


def check_heavy_tail(revenue: Mapping[str, Array]) -> Check:
    """Whether there are enough clients for means of such skewed money to be normal: n >= 355 skewness^2."""
    return check_tails({name: Tail(values.size, skewness(values)) for name, values in revenue.items()})


def check_tails(tails: Mapping[str, Tail]) -> Check:
    """Like `check_heavy_tail`, for arms whose skewness is known."""
    needed = {name: SKEWNESS_FACTOR * tail.skewness**2 for name, tail in tails.items()}
    worst = max(needed, key=lambda name: needed[name] / max(1, tails[name].clients))
    n, skew = tails[worst]
    numbers = {"skewness": skew, "needed": needed[worst], "clients": float(n)}
    if n < needed[worst]:
        said = (
            f"heavy tail in {worst}: skewness {skew:.3g} asks for {needed[worst]:,.0f} clients, there are {n:,}; "
            "cap the money in the next plan"
        )
        return Check("heavy tail", "warning", said, numbers)
    return Check("heavy tail", "ok", f"no heavy tail (skewness {skew:.2g})", numbers)


def check_cap(name: str, values: Array, most: float) -> Check:
    """How many clients a cap cuts, and what share of the sum that takes."""
    above = int((values > most).sum())
    size = float(np.abs(values).sum())
    share = float((values - np.minimum(values, most)).sum()) / size if size else 0.0
    said = f"{above:,} of {values.size:,} clients have more than {money(most)} and count as that ({100 * share:.2g} % of the sum)"
    return Check(name, "ok", said, {"cap": most, "clients": float(above), "share": share})


def skewness(values: Array) -> float:
    """Third standardised moment; 0 if nothing varies."""
    centred = values - values.mean()
    square = centred * centred
    variance = float(square.mean())
    return float((square * centred).mean() / variance**1.5) if variance > 0 else 0.0


def check_clients(revenue: Mapping[str, Array]) -> Check:
    """Whether there are enough clients for any test of means."""
    least = min(revenue, key=lambda name: revenue[name].size)
    n = revenue[least].size
    if n < FEW:
        said = f"only {n} clients in {least}: below {FEW} a mean of money is not normal enough to be tested"
        return Check("clients", "warning", said, {"clients": float(n)})
    return Check("clients", "ok", f"{n:,} clients or more in each arm", {"clients": float(n)})


def check_largest(
    original: Array,
    candidate: Array,
    with_all: Comparison,
    count: int = LARGEST,
    *,
    covariates: tuple[Array, Array] | None = None,
    name: str = "",
) -> Check:
    """Whether the answer changes without the largest clients of both arms together.

    Args:
        with_all: the verdict's own comparison: its alpha, side and null are asked again.
        covariates: known before the draw, where the comparison is CUPED's.
        name: of the candidate, where there are several.
    """
    keep = largest_left_out(original, candidate, count)
    of_whom = f"{name}: " if name else ""
    a, b = original[keep[0]], candidate[keep[1]]
    arms = (Moments.of(a), Moments.of(b))
    if covariates is not None:
        pairs = [PairMoments.of(y, x[some]) for y, x, some in zip((a, b), covariates, keep, strict=True)]
        arms = adjusted_arms(pairs[0], pairs[1], theta_of(pairs[0], pairs[1]))
    try:
        without = welch(*arms, alpha=with_all.alpha, alternative=with_all.alternative, null=with_all.null)
    except ValueError:
        said = f"{of_whom}nothing is left without the {count} largest clients"
        return Check("largest clients", "warning", said)
    numbers = {name: getattr(without, name) for name in ("effect", "ci_low", "ci_high", "pvalue")}
    ends = without.effect, without.ci_low, without.ci_high
    shown, low, high = (money(value, sign=True, beside=ends) for value in ends)
    shown = f"{shown} ({low} to {high})"
    if without.significant != with_all.significant:
        said = f"{of_whom}the result depends on the {count} largest clients: without them the difference is {shown}"
        return Check("largest clients", "warning", said, numbers)
    said = f"{of_whom}the same result without the {count} largest clients: {shown}"
    return Check("largest clients", "ok", said, numbers)


def largest_left_out(
    original: Array, candidate: Array, count: int = LARGEST
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The clients of both arms that remain without the `count` clients of both together who brought most."""
    together = np.concatenate([original, candidate])
    keep = np.ones(together.size, dtype=bool)
    if together.size <= count:
        keep[:] = False
    else:
        keep[np.argpartition(together, together.size - count)[-count:]] = False
    return keep[: original.size], keep[original.size :]


def check_crossing(counted: int, both: int, first: bool = False) -> Check:
    """Whether clients were seen in more than one arm. They are left out, or counted in their first arm."""
    clients = counted if first else counted + both
    numbers = {"clients": float(clients), "in_both": float(both)}
    if both == 0:
        return Check("one arm each", "ok", "every client was seen in one arm only", numbers)
    share = both / clients
    what = "counted in the arm where they were first" if first else "left out"
    status = "alarm" if share > 0.001 and not first else "warning"
    said = f"{both:,} clients ({100 * share:.2g} %) were seen in more than one arm, and are {what}"
    return Check("one arm each", status, said, numbers)


def check_arms(clients: Mapping[str, int]) -> Check:
    """Whether every planned arm has clients."""
    missing = [name for name, count in clients.items() if count == 0]
    said = f"no client of {', '.join(missing)} came, though {'it was' if len(missing) == 1 else 'they were'} planned"
    return Check("arms", "alarm", said, {"missing": float(len(missing))})
