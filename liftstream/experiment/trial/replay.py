"""A ledger from a file of clients: the looks of the plan, taken again on the clients as they came.

Where the data name the look that counted each client first, those looks are taken; otherwise the planned ones, at the
planned numbers of clients, in the order of the rows.
"""

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import refuse
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments
from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.experiment.trial.ledger import Arms, GuardArms, Ledger, take_look
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.verdicts import verdict


def arms_of(plan: Plan, data: ClientData, some: NDArray[np.bool_] | None = None) -> Arms:
    """Moments of the plan's arms over some of the clients, its cap applied.

    Raises:
        ValueError: the data have other arms than the plan, or no covariate where it names one.
    """
    if not set(data.arms) <= set(plan.arms):
        refuse(
            "arm",
            sorted(data.arms),
            f"named as in the plan ({', '.join(plan.arms)}; rename them in the data)",
        )
    if plan.covariate and data.covariate is None:
        refuse("covariate", None, f"the column of the plan's covariate {plan.covariate!r}")
    money = counted(plan, data.revenue)
    masks = _masks(plan, data, some)
    if plan.covariate and data.covariate is not None:
        return {name: PairMoments.of(money[mask], data.covariate[mask]) for name, mask in masks.items()}
    return {name: Moments.of(money[mask]) for name, mask in masks.items()}


def counted(plan: Plan, money: NDArray[np.float64]) -> NDArray[np.float64]:
    """What clients count: `plan.capped` of an array."""
    if plan.source == "revenue":
        return (money > 0).astype(np.float64)
    return money if plan.cap is None else np.minimum(money, plan.cap)


def guard_arms_of(plan: Plan, data: ClientData, some: NDArray[np.bool_] | None = None) -> GuardArms:
    """Moments of the plan's guards by guard and arm.

    Raises:
        ValueError: the data were read without the guards.
    """
    missing = [guard.name for guard in plan.guards if guard.name not in data.guards]
    if missing:
        refuse("guards", list(data.guards), f"read for the plan's guards: {', '.join(missing)}")
    masks = _masks(plan, data, some)
    found = {}
    for guard in plan.guards:
        values = _guard_values(guard, data.guards[guard.name])
        found[guard.name] = {name: Moments.of(values[mask]) for name, mask in masks.items()}
    return found


def _masks(plan: Plan, data: ClientData, some: NDArray[np.bool_] | None) -> dict[str, NDArray[np.bool_]]:
    """Which of some clients are in each arm of the plan."""
    return {name: data.who(name) if some is None else some & data.who(name) for name in plan.arms}


def _guard_values(guard: PlannedGuard, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    if guard.kind == "proportion":
        return (totals > 0).astype(np.float64)
    return totals if guard.cap is None else np.minimum(totals, guard.cap)


def replay_looks(plan: Plan, data: ClientData) -> tuple[Ledger, ClientData]:
    """The looks that the clients of a file give, and the clients that they leave in the experiment.

    After a decision no look is taken, and nobody is counted any more; while there is none, everybody is.
    """
    ledger = Ledger.of(plan)
    for clients, some, final in _looks(plan, data):
        arms = arms_of(plan, data, some)
        _check_order(clients, arms)
        guards = guard_arms_of(plan, data, some)
        ledger = take_look(plan, ledger, arms, final=final, at=f"{clients:,} clients", guards=guards)
        if verdict(plan, ledger).decided:
            return ledger, data.only(some)
    return ledger, data


def _check_order(clients: int, arms: Arms) -> None:
    """A look at which an arm had hardly anybody is no look of an experiment: the rows are sorted, or its draw
    is broken."""
    few = [name for name, arm in arms.items() if arm.n < 2]
    if few:
        raise ValueError(
            f"the look at {clients:,} clients has fewer than 2 clients of {', '.join(few)}; the rows must be in order of arrival, or "
            "a column must name the look that counted each client first (look, --look)"
        )


def _looks(plan: Plan, data: ClientData) -> list[tuple[int, NDArray[np.bool_], bool]]:
    """Clients, who is counted, and whether it is the last look."""
    if data.look is not None:
        numbers = [int(number) for number in np.unique(data.look) if number > 0]
        counted = [(data.look > 0) & (data.look <= number) for number in numbers]
        return [(int(some.sum()), some, int(some.sum()) >= plan.n_total) for some in counted]
    order = np.arange(data.clients)
    reached = [clients for clients in plan.look_clients if clients <= data.clients]
    looks = [(clients, order < clients, clients >= plan.n_total) for clients in reached]
    if looks and looks[-1][2]:
        # clients that came while the experiment was being ended count as well
        looks[-1] = (data.clients, order < data.clients, True)
    return looks
