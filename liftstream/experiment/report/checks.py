"""Checks of the clients behind a report: the money, the arms at their start, and the largest clients."""

from collections.abc import Sequence
from typing import Any

from liftstream.experiment.checks.check import Check
from liftstream.experiment.checks.guards import (
    check_balance,
    check_cap,
    check_clients,
    check_crossing,
    check_heavy_tail,
    check_largest,
)
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.moments import Moments
from liftstream.experiment.trial.candidate_verdict import compared, level_at_look
from liftstream.experiment.trial.ledger import Ledger, estimate
from liftstream.experiment.trial.plans import ORIGINAL, Plan
from liftstream.experiment.trial.replay import arms_of, counted
from liftstream.experiment.trial.verdicts import Verdict

NAMED_MOST = 5
"""Candidates whose answers without the largest clients get a line each."""


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def money_checks(plan: Plan, clients: ClientData) -> tuple[Check, ...]:
    """Whether there are enough clients for the spread of the money, and how many of them the plan's cap cuts."""
    money = _capped(plan, clients)
    found = (check_clients(money), check_heavy_tail(money))
    return found if plan.cap is None else (*found, check_cap("cap", clients.revenue, plan.cap))


def data_checks(clients: ClientData) -> tuple[Check, ...]:
    """Whether the arms started alike and every client was in one arm, and notices on the data."""
    crossing = check_crossing(clients.clients, clients.crossed, clients.seen_first)
    known = clients.covariate
    if known is None:
        return crossing, *clients.notes
    original_first = (ORIGINAL, *(name for name in clients.arms if name != ORIGINAL))
    before = {name: Moments.of(known[clients.who(name)]) for name in original_first}
    return check_balance(before), crossing, *clients.notes


def _capped(plan: Plan, clients: ClientData) -> dict[str, Any]:
    return {name: counted(plan, clients.of(name)) for name in plan.arms if name in clients.arms}


def largest_checks(plan: Plan, clients: ClientData, found: Verdict, ledger: Ledger) -> tuple[Check, ...]:
    """The verdict's own question, asked again without the largest clients of each comparison."""
    money, several = _capped(plan, clients), len(found.candidates) > 1
    known = clients.covariate if plan.covariate else None
    original = clients.who(ORIGINAL)
    arms, each = arms_of(plan, clients), []
    for one in found.candidates:
        with_all = compared(plan, estimate(plan, arms, one.candidate), level_at_look(plan, ledger, one))
        covariates = None if known is None else (known[original], known[clients.who(one.candidate)])
        name = one.candidate if several else ""
        each.append(
            check_largest(money[ORIGINAL], money[one.candidate], with_all, covariates=covariates, name=name)
        )
    if len(each) <= NAMED_MOST:
        return tuple(each)
    hanging = [
        one.candidate for one, check in zip(found.candidates, each, strict=True) if check.status != "ok"
    ]
    if not hanging:
        said = f"the same answers without the largest clients, for all {len(each):,} candidates"
        return (Check("largest clients", "ok", said),)
    said = f"the result depends on the largest clients for {len(hanging):,} of {len(each):,} candidates: {listed(hanging)}"
    return (Check("largest clients", "warning", said, {"candidates": float(len(hanging))}),)
