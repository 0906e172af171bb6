"""The value of each of a plan's four linked numbers, given the other three."""

import math
from typing import Any

from liftstream.experiment import Plan, solve_significance
from liftstream.experiment.trial.plan_check import effect_that_fits

ALPHA_STEPS = 4


def fits_of(plan: Plan) -> dict[str, float | None]:
    """What each of `effect`, `alpha`, `power`, `n_per_arm` would be, given the three others; None if nothing fits."""
    return {
        "effect": effect_that_fits(plan),
        "alpha": _alpha_that_fits(plan),
        "power": plan.achieved_power,
        "n_per_arm": float(plan.n_needed),
    }


def _alpha_that_fits(plan: Plan) -> float | None:
    """The smallest alpha for which there are enough clients.

    The price of looking hardly depends on alpha: the fixed formula is solved at the price of the alpha before.
    """
    alpha, tested = plan.alpha, len(plan.candidates)
    for _ in range(ALPHA_STEPS):
        try:
            inflation = changed(plan, alpha=alpha, **_scaled(plan, alpha)).design.inflation
            solved = solve_significance(
                n=plan.n_per_arm / inflation, effect=plan.effect, power=plan.power, **plan.comparison
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


def changed(plan: Plan, **values: Any) -> Plan:
    """The plan with other values, sealed again."""
    fields = {name: value for name, value in plan.to_dict().items() if name != "hash"}
    return Plan(**{**fields, **values})
