"""Checks that the numbers of a plan fit together: reports every problem by field, with a value that would fit."""

import inspect
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from liftstream.experiment.size.sample_size import whole_clients
from liftstream.experiment.trial.plans import FIELDS, Plan


class Problem(NamedTuple):
    """A field that does not fit."""

    field: str
    problem: str
    """A sentence, with the value that would fit where there is one."""
    fits: float | None = None
    """The value that would fit."""


STEPS = 12
REQUIRED = ("effect", "sd", "n_per_arm")
"""`base_rate` may stand for sd."""


def check_plan(document: Mapping[str, Any] | None = None, **values: Any) -> list[Problem]:
    """What is wrong with the fields of a plan; an empty list where they fit.

    >>> check_plan(effect=0.7, sd=15, n_per_arm=5000)[0].fits
    5678

    Coherent is n_per_arm >= the z formula's clients times the design's inflation; more is accepted, with the power
    that it achieves (`Plan.achieved_power`).
    """
    given = {**(document or {}), **values}
    given.pop("hash", None)
    problems = [
        Problem(name, f"{name} is not a field of a plan; there are {', '.join(FIELDS)}")
        for name in given
        if name not in FIELDS
    ]
    for name, accepts in FIELDS.items():
        if name not in given:
            continue
        try:
            accepts(name, given[name])
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    wrong = {problem.field for problem in problems}
    missing = [name for name in REQUIRED if given.get(name) is None]
    if given.get("base_rate") is not None and "sd" in missing:
        missing.remove("sd")
    if wrong or missing not in ([], ["n_per_arm"]):
        return problems + [Problem(name, f"{name} is missing") for name in missing]
    return _fit(given)


def _fit(given: dict[str, Any]) -> list[Problem]:
    """The fields are right one by one; are they together?"""
    try:
        plan = Plan(**{"n_per_arm": 2, "sd": None, **given})
        needed = plan.n_needed
    except ValueError as error:
        return [Problem(_field_of(str(error)), str(error))]
    if "n_per_arm" not in given:
        return [Problem("n_per_arm", f"n_per_arm is missing; {needed:,} would fit", needed)]
    if plan.n_per_arm >= needed:
        return []
    exact = effect_that_fits(plan)
    effect = None if exact is None else _three_digits(plan, exact)
    said = (
        f"{plan.n_per_arm:,} clients per arm find {plan.metric.change(plan.effect)} with power "
        f"{plan.achieved_power:.3f} only, not {plan.power:g}{_because(plan)}; "
        f"{needed:,} would fit{'' if effect is None else f', or an effect of {effect:.3g}'}"
    )
    return [Problem("n_per_arm", said, needed)]


def effect_that_fits(plan: Plan) -> float | None:
    """The smallest effect that the plan's clients find with its power; None where a rate would leave 0..1.

    The spread of a rate depends on the effect, so it is found step by step.
    """
    effect = plan.effect
    try:
        for _ in range(STEPS):
            needed = plan.n_exact_by("z", effect)
            before, effect = effect, plan.margin + (effect - plan.margin) * math.sqrt(needed / plan.n_per_arm)
            if math.isclose(before, effect, rel_tol=1e-9):
                break
        plan.n_exact_by("z", effect)
    except ValueError:
        return None
    return effect


def _three_digits(plan: Plan, effect: float) -> float | None:
    """An effect that fits, written with three digits and rounded away from the margin; None where that is too far."""
    unit = 10.0 ** (math.floor(math.log10(abs(effect))) - 2)
    away = math.ceil if effect > plan.margin else math.floor
    rounded = away(effect / unit - math.copysign(1e-6, effect - plan.margin)) * unit
    try:
        return rounded if plan.n_per_arm >= whole_clients(plan.n_exact_by("z", rounded)) else None
    except ValueError:
        return None


def _because(plan: Plan) -> str:
    reasons = []
    if len(plan.times) > 1:
        reasons.append(f"{len(plan.times)} looks cost {100 * (plan.design.inflation - 1):.1f} % more clients")
    if len(plan.candidates) > 1:
        reasons.append(f"{len(plan.candidates)} candidates share alpha")
    return f" ({', '.join(reasons)})" if reasons else ""


def _field_of(message: str) -> str:
    """The field that a message is about: ours begin with its name."""
    words = message.replace("cumulative alpha", "cumulative_alpha").split()
    parameters = {"gamma", "rho", "delta", "constant"}
    if words[0] in parameters:
        return "spending_parameter"
    return words[0] if words[0] in inspect.signature(Plan).parameters else "effect"
