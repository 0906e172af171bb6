"""Guards: what could be wrong with a difference before anybody believes it. Each says ok, warning or alarm."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.checks.check import Check
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.means import welch, z_test
from liftstream.experiment.moments import Moments

Array = NDArray[np.float64]
ALARM, WARNING = 0.001, 0.01
SKEWNESS_FACTOR = 355
"""Kohavi et al. (2014): a mean is normal enough from 355 skewness^2 clients on."""
LARGEST = 10
FEW = 30


def check_balance(covariate: Mapping[str, Moments]) -> Check:
    """Did the arms start alike? A covariate known before the draw must not differ between them."""
    original, *others = covariate.values()
    if any(arm.n < 2 for arm in covariate.values()) or not any(arm.m2 > 0 for arm in covariate.values()):
        return Check("balance", "warning", "the covariate does not vary, so it says nothing about balance")
    p = min(
        1.0, len(others) * min(z_test(original, other, alternative="two-sided").pvalue for other in others)
    )
    status = "alarm" if p < ALARM else "warning" if p < WARNING else "ok"
    said = {
        "ok": f"the arms started alike (p {p:.2g})",
        "warning": f"the arms may have started differently (p {p:.2g})",
        "alarm": f"the arms were different before the experiment began (p {p:.2g}): the draw is broken",
    }[status]
    return Check("balance", status, said, {"pvalue": p})


class Tail(NamedTuple):
    """How skewed the money of an arm is."""

    clients: int
    skewness: float


def check_heavy_tail(revenue: Mapping[str, Array]) -> Check:
    """Are there enough clients for means of such skewed money to be normal? n >= 355 skewness^2."""
    return check_tails({name: Tail(values.size, skewness(values)) for name, values in revenue.items()})


def check_tails(tails: Mapping[str, Tail]) -> Check:
    """The same, of arms whose skewness is known."""
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


def skewness(values: Array) -> float:
    """Third standardised moment; 0 where nothing varies."""
    centred = values - values.mean()
    square = centred * centred
    variance = float(square.mean())
    return float((square * centred).mean() / variance**1.5) if variance > 0 else 0.0


def check_clients(revenue: Mapping[str, Array]) -> Check:
    """Are there enough clients for any test of means?"""
    least = min(revenue, key=lambda name: revenue[name].size)
    n = revenue[least].size
    if n < FEW:
        said = f"only {n} clients in {least}: below {FEW} a mean of money is not normal enough to be tested"
        return Check("clients", "warning", said, {"clients": float(n)})
    return Check("clients", "ok", f"{n:,} clients or more in each arm", {"clients": float(n)})


def check_largest(original: Array, candidate: Array, with_all: Comparison, count: int = LARGEST) -> Check:
    """Would the answer be another one without the largest clients of both arms together?"""
    a, b = without_largest(original, candidate, count)
    if min(a.size, b.size) < 2 or not (np.ptp(a) > 0 or np.ptp(b) > 0):
        return Check("largest clients", "warning", f"nothing is left without the {count} largest clients")
    without = welch(a, b, alpha=with_all.alpha, alternative=with_all.alternative, null=with_all.null)
    numbers = {
        "effect": without.effect,
        "ci_low": without.ci_low,
        "ci_high": without.ci_high,
        "pvalue": without.pvalue,
    }
    shown = f"{without.effect:+.3g} ({without.ci_low:+.3g} to {without.ci_high:+.3g})"
    if without.significant != with_all.significant:
        said = f"the answer hangs on the {count} largest clients: without them the difference is {shown}"
        return Check("largest clients", "warning", said, numbers)
    return Check(
        "largest clients", "ok", f"the same answer without the {count} largest clients: {shown}", numbers
    )


def without_largest(original: Array, candidate: Array, count: int = LARGEST) -> tuple[Array, Array]:
    """Both arms without the `count` clients that brought most, of both together."""
    together = np.concatenate([original, candidate])
    if together.size <= count:
        return original[:0], candidate[:0]
    out = np.argpartition(together, together.size - count)[-count:]
    keep = np.ones(together.size, dtype=bool)
    keep[out] = False
    return together[: original.size][keep[: original.size]], together[original.size :][keep[original.size :]]


def check_crossing(clients: int, both: int) -> Check:
    """Were clients seen in more than one arm? They are left out."""
    numbers = {"clients": float(clients), "in_both": float(both)}
    if both == 0:
        return Check("one arm each", "ok", "every client was seen in one arm only", numbers)
    share = both / clients
    status = "alarm" if share > 0.001 else "warning"
    said = f"{both:,} clients ({100 * share:.2g} %) were seen in more than one arm, and are left out"
    return Check("one arm each", status, said, numbers)
