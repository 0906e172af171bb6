"""The checks of a running experiment: computed from its sums, so a page costs the same at any size."""

from collections.abc import Mapping

from liftstream.experiment import Check
from liftstream.experiment.checks.guards import FEW, Tail, check_tails
from liftstream.platform.ingest.running.latency_buckets import quantile
from liftstream.platform.ingest.running.live import ArmSums, Live

FEW_UNANSWERED = 0.001
"""Largest share of unanswered sessions of an arm that needs no warning."""
MANY_UNANSWERED = 0.01
MOST_UNANSWERED = 0.5
"""Share from which on the difference says nothing of the candidate."""

Delays = Mapping[str, Mapping[int, int]]
"""Counts by arm and bucket."""


def checks_of(live: Live, delays: Delays, patience_ms: int) -> tuple[Check, ...]:
    """All checks except the sample ratio, which is in every verdict."""
    if live.aa:
        return (check_tail(live.arms),)
    return (check_answers(live, delays, patience_ms), check_unanswered(live.arms), check_tail(live.arms))


def check_answers(live: Live, delays: Delays, patience_ms: int) -> Check:
    """Do the candidates answer well within a page's patience?"""
    slowest: float | None = None
    for name in live.plan.candidates:
        p99 = quantile(delays.get(name, {}), 0.99)
        if p99 is not None and (slowest is None or p99 > slowest):
            slowest = p99
    if slowest is None:
        return Check("answers in time", "ok", "no answers yet")
    status = "warning" if slowest > patience_ms / 2 else "ok"
    said = f"99 % of the answers came within {slowest:,.0f} ms; a page waits {patience_ms:,} ms"
    return Check("answers in time", status, said, {"p99_ms": slowest, "patience_ms": float(patience_ms)})


def check_unanswered(arms: Mapping[str, ArmSums]) -> Check:
    """How many sessions were shown without waiting any longer? They count in their arm."""
    shares = {name: arm.unanswered / max(1, arm.sessions) for name, arm in arms.items()}
    worst = max(shares, key=lambda name: shares[name])
    count = sum(arm.unanswered for arm in arms.values())
    numbers = {"unanswered": float(count), "worst_share": shares[worst]}
    if count == 0:
        return Check("unanswered", "ok", "every session was answered in time", numbers)
    said = (
        f"{count:,} {'session was' if count == 1 else 'sessions were'} not answered in time, shown without the category and"
        f" counted in {'its arm' if count == 1 else 'their arms'}; most in {worst}: {_percent(shares[worst])}"
    )
    if shares[worst] >= MOST_UNANSWERED:
        said += f". So the difference says nothing of what {worst} decides: see that the pipeline runs, and with its token"
    elif shares[worst] >= MANY_UNANSWERED:
        said += ". They pull the difference towards none: see that the pipeline runs and keeps up"
    return Check("unanswered", "warning" if shares[worst] > FEW_UNANSWERED else "ok", said, numbers)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def check_tail(arms: Mapping[str, ArmSums]) -> Check:
    """Are there enough clients for means of such skewed money to be normal? n >= 355 skewness^2 (Kohavi et al.
    2014)."""
    known = {name: arm for name, arm in arms.items() if arm.paid.n >= FEW}
    if len(known) < len(arms):
        return Check("heavy tail", "ok", f"too few clients to tell; it is asked from {FEW} per arm on")
    return check_tails({name: Tail(arm.paid.n, skewness(arm)) for name, arm in known.items()})


def skewness(arm: ArmSums) -> float:
    """Third standardised moment of the money of an arm, from its sums."""
    n, mean = arm.paid.n, arm.paid.mean
    variance = arm.paid.m2 / n if n else 0.0
    if variance <= 0:
        return 0.0
    third = arm.cubes / n - 3 * mean * variance - mean**3
    return float(third / variance**1.5)
