"""A new experiment, while its numbers are still being tried: what each of them would become, and what they cost."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from sqlalchemy import Connection

from liftstream.experiment import Plan, Problem, solve_sample_size, solve_significance
from liftstream.experiment.sequential.sequential_bounds import naive_error
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.traffic import session_rate
from liftstream.platform.planning.form import EXAMPLES, asked_for, measure_of
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
CURVE = 41
KNOTS = 9
TINY = 1e-12
SMALLEST_N = 1e-9
"""Of the clients that a plan needs; below, the improvement is so far above the spread that no curve is worth drawing."""
ALPHA_STEPS = 4
EFFECT_STEPS = 12
DAYS_MOST = 28
"""Daily looks are reckoned up to four weeks; more cost little besides."""


class ProblemDocument(Document):
    """A field that does not fit."""

    field: str
    problem: str
    fits: float | None
    """The value that would."""


class CurvePoint(Document):
    """Power of the plan at another number of clients, or at another true effect."""

    x: float
    power: float


class LookingPrice(Document):
    """What looking so often costs."""

    looks: int
    label: str
    n_per_arm: int
    more: float
    """Share of clients more than without looks."""
    expected_n_per_arm: int
    """If the planned effect is real: many experiments end before their last look."""
    naive_error: float
    """How often an ordinary p-value, asked at every one of these looks, would be wrong."""


class PlanningDocument(Document):
    """The four linked numbers and what stands beside them."""

    values: dict[str, Any]
    """What was given, defaults filled in; `measure` is `money`, `bought`, `proportion` or `count`."""
    kind: str
    """Of the metric that they ask for."""
    problems: list[ProblemDocument]
    coherent: bool
    fits: dict[str, float | None]
    """For each of `effect`, `alpha`, `power`, `n_per_arm`: what it would be, given the three others; None where
    nothing would fit."""
    n_total: int | None
    """Clients of all arms."""
    achieved_power: float | None
    sessions_per_day: float | None
    """The live traffic."""
    traffic_counted_days: float | None = None
    """How long it was counted, at most one day."""
    days: float | None
    """That the experiment takes at this traffic."""
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
    by_clients, by_effect = ([], []) if plan is None else _curves(plan)
    return PlanningDocument(
        values=dict(values),
        kind=KINDS.get(measure_of(values), "money"),
        problems=[ProblemDocument(field=p.field, problem=p.problem, fits=p.fits) for p in problems],
        coherent=not problems,
        fits={} if plan is None else _fits(plan),
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


def _changed(plan: Plan, **values: Any) -> Plan:
    fields = {name: value for name, value in plan.to_dict().items() if name != "hash"}
    return Plan(**{**fields, **values})


def _fits(plan: Plan) -> dict[str, float | None]:
    return {
        "effect": _effect_that_fits(plan),
        "alpha": _alpha_that_fits(plan),
        "power": plan.achieved_power,
        "n_per_arm": float(plan.n_needed),
    }


def _effect_that_fits(plan: Plan) -> float | None:
    """The smallest effect that the clients suffice for; of a rate the spread depends on it, so it is found step by step."""
    effect = plan.effect
    for _ in range(1 if plan.base_rate is None else EFFECT_STEPS):
        try:
            needed = _fixed(plan, effect) * plan.design.inflation
        except ValueError:
            return None
        before, effect = effect, plan.margin + (effect - plan.margin) * math.sqrt(needed / plan.n_per_arm)
        if math.isclose(before, effect, rel_tol=1e-9):
            break
    if plan.kind == "proportion" and plan.base_rate is not None and plan.base_rate + effect >= 1:
        return None
    return effect


def _fixed(plan: Plan, effect: float) -> float:
    """Clients of the original that a single look needs for another effect."""
    shares = plan.shares
    rate = plan.base_rate if plan.kind == "proportion" else None
    return solve_sample_size(
        effect=effect,
        alpha=plan.design.alpha,
        power=plan.power,
        sd=plan.sd if rate is None else None,
        rate=rate,
        ratio=min(shares[name] for name in plan.candidates) / shares[ORIGINAL],
        two_sided=plan.two_sided,
        margin=plan.margin,
    ).exact


def _alpha_that_fits(plan: Plan) -> float | None:
    """The smallest alpha with which the clients suffice.

    The price of looking hardly depends on alpha: the fixed formula is solved at the price of the alpha before.
    """
    shares, tested = plan.shares, len(plan.candidates)
    alpha, rate = plan.alpha, plan.base_rate if plan.kind == "proportion" else None
    for _ in range(ALPHA_STEPS):
        try:
            inflation = _changed(plan, alpha=alpha, **_scaled(plan, alpha)).design.inflation
            solved = solve_significance(
                n=plan.n_per_arm / inflation,
                effect=plan.effect,
                power=plan.power,
                sd=plan.sd if rate is None else None,
                rate=rate,
                ratio=min(shares[name] for name in plan.candidates) / shares[ORIGINAL],
                two_sided=plan.two_sided,
                margin=plan.margin,
            )
        except ValueError:
            return None
        before, alpha = alpha, solved.alpha * tested
        if math.isclose(before, alpha, rel_tol=1e-4):
            break
    return alpha if alpha < 1 else None


def _scaled(plan: Plan, alpha: float) -> dict[str, Any]:
    if plan.cumulative_alpha is None:
        return {}
    return {"cumulative_alpha": tuple(spent * alpha / plan.alpha for spent in plan.cumulative_alpha)}


def _curves(plan: Plan) -> tuple[list[CurvePoint], list[CurvePoint]]:
    """Power by clients per arm and by true effect: one function of both, tabulated once, as looks make it dear."""
    reach = math.sqrt(plan.n_per_arm / plan.n_exact)
    clients = np.linspace(0, 2 * max(plan.n_needed, plan.n_per_arm), CURVE)[1:].round()
    effects = np.linspace(0, 2, CURVE)
    of_clients = np.sqrt(clients / plan.n_exact)
    known = np.linspace(0, max(of_clients[-1], 2 * reach), KNOTS)
    power = np.array([plan.design.power_at(float(multiple)) for multiple in known])
    return (
        _points(clients, _between(of_clients, known, power)),
        _points(plan.effect * effects, _between(_reach(plan, effects * plan.effect), known, power)),
    )


def _reach(plan: Plan, effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of true effects: the planned one is reached with power at 1; of a rate the spread changes with the effect."""
    at_plan = math.sqrt(plan.n_per_arm / plan.n_exact)
    if plan.kind != "proportion" or plan.base_rate is None or plan.margin:
        return np.asarray(effects / plan.effect * at_plan)
    rates = np.minimum(plan.base_rate + effects, 1.0)
    spread = np.sqrt(plan.base_rate * (1 - plan.base_rate) + rates * (1 - rates))
    at = plan.base_rate + plan.effect
    planned = math.sqrt(plan.base_rate * (1 - plan.base_rate) + at * (1 - at))
    return np.asarray(effects / plan.effect * at_plan * planned / spread)


def _between(
    x: NDArray[np.float64], known: NDArray[np.float64], power: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Power at x: its normal quantile is almost a straight line, so that a few points give it to 0.0012."""
    quantiles = ndtri(np.clip(power, TINY, 1 - TINY))
    return np.asarray(ndtr(np.interp(x, known, quantiles)), dtype=np.float64)


def _points(x: NDArray[np.float64], power: NDArray[np.float64]) -> list[CurvePoint]:
    return [CurvePoint(x=at, power=value) for at, value in zip(x.tolist(), power.tolist(), strict=True)]


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
    looking = _changed(plan, looks=looks)
    fixed = looking.n_exact / looking.design.inflation
    return LookingPrice(
        looks=looks,
        label=label,
        n_per_arm=looking.n_needed,
        more=looking.design.inflation - 1,
        expected_n_per_arm=math.ceil(fixed * looking.design.expected_ratio_effect),
        naive_error=naive_error(looks, plan.alpha, plan.two_sided),
    )
