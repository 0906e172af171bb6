"""Makes a plan from effect, spread and power; the clients follow."""

from dataclasses import replace
from typing import Any, TypedDict, Unpack

from liftstream.experiment.arguments import positive, refuse
from liftstream.experiment.size.sample_size import whole_clients
from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.experiment.trial.plan_fields import FIELDS as FIELDS
from liftstream.experiment.trial.plan_fields import ORIGINAL as ORIGINAL
from liftstream.experiment.trial.plans import Plan


class PlanOptions(TypedDict, total=False):
    """What `plan` takes besides effect, sd and n_per_arm; see `Plan`."""

    alpha: float
    power: float
    two_sided: bool
    looks: int | tuple[float, ...]
    spending: str
    spending_parameter: float | None
    cumulative_alpha: tuple[float, ...] | None
    futility: str | None
    binding: bool
    candidates: tuple[str, ...]
    weights: tuple[float, ...] | None
    margin: float
    cap: float | None
    covariate: str | None
    correlation: float
    name: str
    salt: str
    kind: str
    outcome: str | None
    base_rate: float | None
    source: str | None
    guards: tuple[PlannedGuard, ...]


def plan(
    *,
    effect: float,
    sd: float | None = None,
    n: int | None = None,
    ratio: float = 1.0,
    method: str = "z",
    parameter: float | None = None,
    n_per_arm: int | None = None,
    **options: Unpack[PlanOptions],
) -> Plan:
    """A sealed plan; with as many clients as its power needs where `n` is not given.

    >>> plan(effect=0.7, sd=15, looks=5).n_per_arm
    5877

    Args:
        n: clients of the original, which a plan calls `n_per_arm`; either name will do.
        ratio: the candidate's clients per client of the original; instead of `weights`.
        method: `z`, or `t` for the few clients more that a t test needs.
        parameter: of `spending`, which a plan calls `spending_parameter`.

    Raises:
        ValueError: a value makes no sense, or is given twice; the message names the argument.
    """
    values: dict[str, Any] = dict(options)
    if values.pop("two_sided", False):
        values["alternative"] = "two-sided"
    if parameter is not None:
        values["spending_parameter"] = parameter
    if positive("ratio", ratio) != 1:
        if values.get("weights") is not None:
            refuse("weights", values["weights"], "absent where ratio is given")
        values["weights"] = (1.0, *[ratio] * len(values.get("candidates") or ("candidate",)))
    if values.get("correlation") and not values.get("covariate"):
        values["covariate"] = "covariate"
    if n is not None and n_per_arm is not None:
        refuse("n", n, "absent where n_per_arm is given")
    given = n_per_arm if n is None else n
    values["sd"] = sd
    drawn = Plan(effect=effect, n_per_arm=2 if given is None else given, **values)
    if given is not None:
        return drawn
    return replace(drawn, n_per_arm=whole_clients(drawn.n_exact_by(method)))
