"""The verdict in plain words: what was found, how sure, and how it lies to the plan."""

import math

from liftstream.experiment.checks.check import Check, worst
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.ledger import Ledger
from liftstream.experiment.trial.plans import Plan

LEADS = {
    "improves": "{Who} improves: it {earns}",
    "harms": "{Who} harms: it {earns}",
    "no improvement": "No improvement was found: {who} {earns}",
}

NOT_WORSE = "{Who} is not worse by {margin} $ or more: it {earns}"
"""What `improves` means against a margin below 0."""


def money(amount: float, *, sign: bool = False) -> str:
    """An amount with at most three significant digits, and never more than it deserves.

    >>> money(0.6149, sign=True)
    '+0.61'
    """
    size = abs(amount)
    digits = 2 if size >= 0.1 or size == 0 else min(8, 1 - math.floor(math.log10(size)))
    return f"{amount:{'+' if sign else ''},.{0 if size >= 1000 else digits}f}"


def sentence_of(
    plan: Plan,
    word: str,
    leading: CandidateVerdict,
    checks: tuple[Check, ...],
    ledger: Ledger,
    *,
    to_plan: bool = True,
) -> str:
    """One sentence a manager can read, and one on how it lies to the plan (where there is one).

    An alarm comes first: a difference between arms that are not comparable says nothing.
    """
    said = _finding(plan, word, leading, ledger)
    if to_plan and word in LEADS:
        said = f"{said} {_to_plan(plan, leading)}"
    if worst(checks) != "alarm":
        return said
    alarms = "; ".join(check.sentence for check in checks if check.status == "alarm")
    return f"Careful: {alarms}. {said}"


def _finding(plan: Plan, word: str, found: CandidateVerdict, ledger: Ledger) -> str:
    if found.effect is None:
        return "No clients yet." if word == "running" else f"Stopped before any look: {ledger.stopped}."
    who = _name(plan, found)
    if word == "running":
        return f"Too early to say. So far {who} {_earns(found)}{_interval(plan, found)}."
    if word == "stopped":
        return f"Stopped before its plan ({ledger.stopped}), so no verdict. So far {who} {_earns(found)}{_interval(plan, found)}."
    known = NOT_WORSE if word == "improves" and plan.margin < 0 else LEADS[word]
    lead = known.format(
        margin=money(-plan.margin), who=who, Who=f"{who[0].upper()}{who[1:]}", earns=_earns(found)
    )
    return f"{lead}{_interval(plan, found)}."


def _name(plan: Plan, found: CandidateVerdict) -> str:
    return "the candidate" if len(plan.candidates) == 1 else f"candidate {found.candidate}"


def _earns(found: CandidateVerdict) -> str:
    effect = found.effect or 0.0
    return f"earns {money(abs(effect))} $ per client {'more' if effect >= 0 else 'less'} than the original"


def _interval(plan: Plan, found: CandidateVerdict) -> str:
    level = 1 - found.alpha * (1 if plan.two_sided else 2)
    if found.ci_low is None or found.ci_high is None:
        return ""
    p = "" if found.pvalue is None else f"; {plan.alternative} p {found.pvalue:.2g}"
    return f" ({100 * level:.3g} % interval {money(found.ci_low, sign=True)} to {money(found.ci_high, sign=True)}{p})"


def _to_plan(plan: Plan, found: CandidateVerdict) -> str:
    planned = f"the planned effect of {money(plan.effect)} $"
    verb = {"above": "lies above", "below": "lies below"}.get(found.to_plan or "", "includes")
    return f"The interval {verb} {planned}."
