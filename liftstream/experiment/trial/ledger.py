"""The ledger of an experiment: one entry per look, only ever appended, from which the verdict follows.

An entry holds the moments of every arm, and for every candidate what they mean: information, alpha spent, bound,
statistic, interval. All of it can be recomputed from the plan and the moments; `check_ledger` does so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple, Self

from liftstream.experiment.arguments import refuse
from liftstream.experiment.compare.comparison import critical, normal_scores
from liftstream.experiment.compare.cuped import adjusted_arms, theta_of
from liftstream.experiment.compare.means import moments_of, told_apart, welch_error
from liftstream.experiment.moments import Moments
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.experiment.pair_moments import PairMoments
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.trial.plans import ORIGINAL, Plan

Arms = Mapping[str, Moments] | Mapping[str, PairMoments]
GuardArms = Mapping[str, Mapping[str, Moments]]
"""Moments by guard and arm, of the clients that the decision counts."""


@dataclass(frozen=True, repr=False)
class CandidateLook(Record):
    """One candidate at one look."""

    information: float
    """Share of the planned information: harmonic clients of both arms over the planned ones."""
    alpha_spent: float
    """Cumulative, of all sides, for this candidate."""
    bound: float | None
    """z from which it improves; None where no alpha may be spent."""
    futility: float | None
    """z below which it is given up."""
    z: float
    """Normal score of Welch's t."""
    effect: float
    se: float
    df: float
    ci_low: float | None
    """Repeated confidence interval: effect within the bound's distance."""
    ci_high: float | None


@dataclass(frozen=True, repr=False)
class Look(Record):
    """One entry."""

    number: int
    arms: dict[str, Moments] | dict[str, PairMoments]
    """Moments by arm, of all clients so far; with the covariate where the plan has one."""
    candidates: dict[str, CandidateLook]
    final: bool = False
    """Whether it ends the experiment: the planned clients are reached."""
    at: str = ""
    """When, in the words of whoever looked."""
    guards: dict[str, dict[str, Moments]] = field(default_factory=dict)
    """Moments by guard and arm, where the plan has guards."""

    @property
    def clients(self) -> dict[str, int]:
        """Clients by arm."""
        return {name: arm.n for name, arm in self.arms.items()}


@dataclass(frozen=True, repr=False)
class Ledger(Record):
    """All looks so far."""

    plan: str
    """Hash of the plan."""
    looks: tuple[Look, ...] = ()
    stopped: str | None = None
    """Why it was ended before its plan, if it was."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The empty ledger of a plan."""
        return cls(plan.hash)

    def stop(self, reason: str) -> Self:
        """Ended before its plan."""
        return replace(self, stopped=reason or "no reason given")

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The ledger of an exported document."""
        looks = tuple(_look_from(entry) for entry in document.get("looks", ()))
        return cls(document["plan"], looks, document.get("stopped"))


class Difference(NamedTuple):
    """Difference of a candidate to the original, with what a test needs."""

    effect: float
    se: float
    df: float
    original: Moments
    candidate: Moments


def take_look(
    plan: Plan,
    ledger: Ledger,
    arms: Arms,
    *,
    final: bool | None = None,
    at: str = "",
    guards: GuardArms | None = None,
) -> Ledger:
    """The ledger with one look more.

    Args:
        arms: moments of every arm of the plan, of all clients so far.
        final: whether it ends the experiment; default: when all arms together have the planned clients.
        at: when, in your words.
        guards: moments by guard and arm of the same clients, where the plan has guards.

    Raises:
        ValueError: another plan's ledger, an arm missing or with fewer than two clients, no client since the last look.
    """
    _check_owner(plan, ledger)
    if ledger.stopped:
        refuse("ledger", ledger.stopped, "one that was not stopped")
    if set(arms) != set(plan.arms):
        refuse("arms", sorted(arms), f"the arms of the plan: {', '.join(plan.arms)}")
    watched = _guards(plan, arms, guards or {})
    if final is None:
        final = sum(arm.n for arm in arms.values()) >= plan.n_total
    ordered: Any = {name: arms[name] for name in plan.arms}
    entries = {
        name: _entry(plan, name, [*(look.arms for look in ledger.looks), ordered], final)
        for name in plan.candidates
    }
    look = Look(len(ledger.looks) + 1, ordered, entries, final, at, watched)
    return replace(ledger, looks=(*ledger.looks, look))


def _guards(plan: Plan, arms: Arms, guards: GuardArms) -> dict[str, dict[str, Moments]]:
    """Moments of the guards in the plan's order.

    Raises:
        ValueError: other guards than the plan's, or other clients than the arms'.
    """
    names = [guard.name for guard in plan.guards]
    if set(guards) != set(names):
        refuse("guards", sorted(guards), f"the guards of the plan: {', '.join(names) or 'none'}")
    found = {name: {arm: guards[name][arm] for arm in plan.arms} for name in names}
    for name, moments in found.items():
        for arm in plan.arms:
            if moments[arm].n != arms[arm].n:
                refuse(f"guard {name}, {arm}", moments[arm].n, f"of the {arms[arm].n} clients of the arm")
    return found


def estimate(plan: Plan, arms: Arms, name: str) -> Difference:
    """The difference of a candidate to the original, less what the plan's covariate explains."""
    first, second = arms[ORIGINAL], arms[name]
    if isinstance(first, PairMoments) and isinstance(second, PairMoments):
        first, second = adjusted_arms(first, second, theta_of(first, second))
    elif plan.covariate:
        refuse("arms", type(first).__name__, f"PairMoments with the covariate {plan.covariate!r} of the plan")
    if isinstance(first, PairMoments) or isinstance(second, PairMoments):
        refuse("arms", type(second).__name__, "all Moments or all PairMoments")
    a, b = moments_of(ORIGINAL, first), moments_of(name, second)
    se, df = welch_error(a.variance / a.n, b.variance / b.n, a.n, b.n)
    if told_apart(float(se), a, b) == 0:
        refuse(f"arms ({ORIGINAL}, {name})", f"sd {a.sd:g} and {b.sd:g}", "clients whose money differs")
    return Difference(b.mean - a.mean, float(se), float(df), a, b)


def information(plan: Plan, arms: Arms, name: str) -> float:
    """Share of the planned information about a candidate."""
    planned = plan.clients
    return _harmonic(arms[ORIGINAL].n, arms[name].n) / _harmonic(planned[ORIGINAL], planned[name])


def look_path(ledger: Ledger, name: str) -> list[tuple[int, float]]:
    """Clients of all arms and z of a candidate, at each look."""
    return [(sum(look.clients.values()), look.candidates[name].z) for look in ledger.looks]


def normal_score(plan: Plan, found: Difference, *, harm: bool = False) -> float:
    """z of an estimate: the normal score of Welch's t against the plan's margin, or against the margin of harm."""
    null = plan.harm_margin if harm else plan.margin
    return float(normal_scores((found.effect - null) / found.se, found.df))


def look_times(plan: Plan, looks: list[Any], name: str) -> tuple[float, ...]:
    """Information about a candidate at each look.

    Raises:
        ValueError: a look without any new client.
    """
    times = tuple(information(plan, arms, name) for arms in looks)
    for i, (before, after) in enumerate(pairwise(times), start=2):
        if after <= before:
            raise ValueError(
                f"look {i} must have more clients than the one before it ({name}: {after:g} of the plan)"
            )
    return times


def _entry(plan: Plan, name: str, looks: list[Any], final: bool) -> CandidateLook:
    found = estimate(plan, looks[-1], name)
    times = look_times(plan, looks, name)
    upper, lower, spent = bounds_at(plan.design, times, final)
    reach = math.inf
    if math.isfinite(upper[-1]):
        reach = float(critical(normal.upper_tail(upper[-1]), found.df)) * found.se
    return CandidateLook(
        information=times[-1],
        alpha_spent=spent[-1] * (2 if plan.two_sided else 1),
        bound=finite_or_none(upper[-1]),
        futility=finite_or_none(lower[-1]) if plan.futility else None,
        z=normal_score(plan, found),
        effect=found.effect,
        se=found.se,
        df=found.df,
        ci_low=finite_or_none(found.effect - reach),
        ci_high=finite_or_none(found.effect + reach),
    )


def check_ledger(plan: Plan, ledger: Ledger) -> None:
    """Computes every entry again from its moments.

    Raises:
        ValueError: an entry says something else; it was changed after it was written.
    """
    _check_owner(plan, ledger)
    again = Ledger.of(plan)
    for look in ledger.looks:
        again = take_look(plan, again, look.arms, final=look.final, at=look.at, guards=look.guards)
        for name, entry in again.looks[-1].candidates.items():
            written, right = vars(look.candidates[name]), vars(entry)
            for wrong in (key for key in right if not _is_same(right[key], written[key])):
                refuse(
                    f"look {look.number}, {name}, {wrong}",
                    written[wrong],
                    f"{right[wrong]!r} for its moments",
                )


def _check_owner(plan: Plan, ledger: Ledger) -> None:
    if ledger.plan != plan.hash:
        refuse("ledger", ledger.plan, f"one of the plan {plan.hash}")


def _is_same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)


def _look_from(entry: Mapping[str, Any]) -> Look:
    kinds = {True: PairMoments, False: Moments}
    arms: Any = {name: kinds["cross" in arm](**arm) for name, arm in entry["arms"].items()}
    candidates = {name: CandidateLook(**numbers) for name, numbers in entry["candidates"].items()}
    guards = {
        guard: {name: Moments(**arm) for name, arm in moments.items()}
        for guard, moments in entry.get("guards", {}).items()
    }
    return Look(entry["number"], arms, candidates, entry["final"], entry.get("at", ""), guards)


def _harmonic(first: float, second: float) -> float:
    return 1 / (1 / first + 1 / second) if first and second else 0.0
