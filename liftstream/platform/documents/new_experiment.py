"""A new experiment, while its numbers are still being tried: what each of them would become, and what they cost."""

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from liftstream.experiment import Plan, Problem
from liftstream.experiment.sequential.sequential_bounds import naive_error
from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.traffic import session_rate
from liftstream.platform.planning.fits import changed, fits_of
from liftstream.platform.planning.form import EXAMPLES, asked_for, measure_of
from liftstream.platform.planning.power_curves import PowerCurve, power_curves
from liftstream.platform.planning.requests import Incoherent, read_request

DEFAULTS: Mapping[str, Any] = {
    "name": "",
    "effect": 0.7,
    "sd": 15.0,
    "alpha": 0.05,
    "power": 0.8,
    "n_per_arm": 5_678,
    "alternative": "one-sided",
    "looks": 1,
    "spending": "obf",
    "candidates": 1,
    "share": 1.0,
    "exclusive": "",
    "aa": False,
}
KINDS = {"bought": "proportion", "proportion": "proportion", "count": "count"}
"""Kind of metric by what is measured, where that is not money."""
SMALLEST_N = 1e-9
"""Fewest clients that a plan may need for its curves to be drawn; below, the improvement is far above the spread."""
DAYS_MOST = 28
"""Most daily looks that are priced: beyond four weeks they cost little more."""


class ProblemDocument(Document):
    """A field that does not fit."""

    field: str
    problem: str
    fits: float | None
    """A value that would fit."""


class CurvePoint(Document):
    """Power of the plan at another number of clients, or at another true effect."""

    x: float
    power: float


class LookingPrice(Document):
    """The cost of a number of looks."""

    looks: int
    label: str
    n_per_arm: int
    more: float
    """Share of clients more than without looks."""
    expected_n_per_arm: int
    """Expected clients if the planned effect is real: many experiments end before their last look."""
    naive_error: float
    """How often an ordinary p-value, asked at every one of these looks, would be wrong."""


class PlanningDocument(Document):
    """The four linked numbers and what is shown with them."""

    values: dict[str, Any]
    """What was given, defaults filled in; `measure` is `money`, `bought`, `proportion` or `count`."""
    kind: str
    """The kind of the metric that the values ask for."""
    problems: list[ProblemDocument]
    coherent: bool
    fits: dict[str, float | None]
    """What each of `effect`, `alpha`, `power`, `n_per_arm` would be, given the three others; None if nothing would fit.
    """
    n_total: int | None
    """Clients of all arms."""
    achieved_power: float | None
    sessions_per_day: float | None
    """The live traffic."""
    traffic_counted_days: float | None = None
    """How long it was counted, at most one day."""
    days: float | None
    """Days that the experiment takes at this traffic."""
    weeks: int | None
    """Whole weeks that are at least as long: weekdays differ."""
    share_for_weeks: float | None
    """Part of the clients with which it takes these whole weeks."""
    power_by_clients: list[CurvePoint]
    """`x`: clients per arm."""
    power_by_effect: list[CurvePoint]
    """`x`: true effect in $ per client."""
    looking: list[LookingPrice]


def view_planning(connection: Connection, given: Mapping[str, Any], now_ms: int) -> PlanningDocument:
    """The document for some values of the form; what is not given has its default."""
    rate = session_rate(connection, now_ms)
    found = plan_help(with_defaults(given), rate.per_day if rate else None)
    return found.model_copy(update={"traffic_counted_days": rate.counted_days if rate else None})


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, and for the rest the defaults of what is measured."""
    return {**DEFAULTS, **EXAMPLES.get(measure_of(given), {}), **given}


def plan_help(values: Mapping[str, Any], traffic: float | None) -> PlanningDocument:
    """The same for a known traffic, in sessions a day."""
    problems = _problems(values)
    plan = _plan_of(values)
    if plan is not None and plan.n_exact < SMALLEST_N:
        plan = None
    share = values.get("share", 1.0)
    days = _days(plan, traffic, share) if plan is not None else None
    weeks = None if days is None else math.ceil(days / 7 - 1e-9)
    by_clients, by_effect = ([], []) if plan is None else map(_points, power_curves(plan))
    return PlanningDocument(
        values=dict(values),
        kind=KINDS.get(measure_of(values), "money"),
        problems=[ProblemDocument(field=p.field, problem=p.problem, fits=p.fits) for p in problems],
        coherent=not problems,
        fits={} if plan is None else fits_of(plan),
        n_total=None if plan is None else plan.n_total,
        achieved_power=None if plan is None else plan.achieved_power,
        sessions_per_day=traffic,
        days=days,
        weeks=weeks,
        share_for_weeks=None if days is None or weeks is None else share * days / (7 * weeks),
        power_by_clients=by_clients,
        power_by_effect=by_effect,
        looking=[] if plan is None else _looking(plan, days),
    )


def _problems(values: Mapping[str, Any]) -> list[Problem]:
    try:
        read_request(_document(values))
    except Incoherent as error:
        return error.problems
    return []


def _document(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**asked_for(values), "name": values.get("name") or "name to come"}


def _plan_of(values: Mapping[str, Any]) -> Plan | None:
    """The plan, coherent or not; None where a field alone makes no sense."""
    try:
        return read_request(_document(values), coherent=False).plan
    except Incoherent:
        return None


def _points(curve: PowerCurve) -> list[CurvePoint]:
    found = zip(curve.x.tolist(), curve.power.tolist(), strict=True)
    return [CurvePoint(x=at, power=value) for at, value in found]


def _days(plan: Plan, traffic: float | None, share: float) -> float | None:
    return plan.n_total / (traffic * share) if traffic else None


def _looking(plan: Plan, days: float | None) -> list[LookingPrice]:
    """The price of no, five and daily looks, and of the number that was chosen."""
    if plan.spending == "user":
        return []
    daily = None if days is None else min(DAYS_MOST, math.ceil(days))
    labels = {1: "at the end only", 5: "five times"}
    if daily is not None and daily > 1:
        labels[daily] = "daily"
    if isinstance(plan.looks, int):
        labels.setdefault(plan.looks, "as chosen")
    return [_price(plan, looks, label) for looks, label in sorted(labels.items())]


def _price(plan: Plan, looks: int, label: str) -> LookingPrice:
    looking = changed(plan, looks=looks)
    fixed = looking.n_exact / looking.design.inflation
    return LookingPrice(
        looks=looks,
        label=label,
        n_per_arm=looking.n_needed,
        more=looking.design.inflation - 1,
        expected_n_per_arm=math.ceil(fixed * looking.design.expected_ratio_effect),
        naive_error=naive_error(looks, plan.alpha, plan.two_sided),
    )
