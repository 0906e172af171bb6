"""The verdict in plain words: the effect, its uncertainty, and how it compares with the plan."""

from collections.abc import Sequence

from liftstream.experiment.amounts import told_p
from liftstream.experiment.checks.check import Check, worst
from liftstream.experiment.metrics.kinds import MONEY
from liftstream.experiment.metrics.words import grouped
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.guard_verdicts import GuardVerdict
from liftstream.experiment.trial.ledger import Ledger
from liftstream.experiment.trial.plans import Plan

LEADS = {
    "improves": "{Who} improves: {reads}",
    "harms": "{Who} harms: {reads}",
    "no improvement": "No improvement was found: {reads_of_who}",
}

BY_MARGIN = {
    "improves": "{Who} improves by more than {margin}: {reads}",
    "harms": "{Who} harms: {reads}",
    "no improvement": "No improvement by more than {margin} was found: {reads_of_who}",
}
"""Against a margin above 0."""

NOT_WORSE = {
    "improves": "{Who} is not worse by {margin} or more: {reads}",
    "harms": "{Who} harms, by more than {margin}: {reads}",
    "no improvement": "{Who} may be worse by {margin} or more: {reads}",
}
"""Against a margin below 0."""


def sentence_of(
    plan: Plan,
    word: str,
    leading: CandidateVerdict,
    checks: tuple[Check, ...],
    ledger: Ledger,
    guards: Sequence[GuardVerdict] = (),
    *,
    to_plan: bool = True,
) -> str:
    """One sentence a manager can read, and one on how it lies to the plan (where there is one).

    An alarm comes first: a difference between arms that are not comparable says nothing.
    """
    said = _with_guards(_finding(plan, word, leading, ledger), leading.candidate, guards)
    if to_plan and word in LEADS:
        said = f"{said} {_to_plan(plan, leading)}"
    if worst(checks) != "alarm":
        return said
    alarms = "; ".join(check.sentence for check in checks if check.status == "alarm")
    return f"Careful: {alarms}. {said}"


def _finding(plan: Plan, word: str, found: CandidateVerdict, ledger: Ledger) -> str:
    if found.effect is None:
        return "No clients yet." if word == "running" else f"Stopped before any look: {ledger.stopped}."
    who = candidate_name(plan, found.candidate)
    reads_of_who = f"{_reads(plan, found, who)}{_interval(plan, found)}."
    if word == "running":
        return f"Too early to say. So far {reads_of_who}"
    if word == "stopped":
        return f"Stopped before its plan ({ledger.stopped}), so no verdict. So far {reads_of_who}"
    leads = NOT_WORSE if plan.margin < 0 else BY_MARGIN if plan.margin > 0 else LEADS
    return leads[word].format(
        margin=_amount(plan, abs(plan.margin)),
        Who=f"{who[0].upper()}{who[1:]}",
        reads=f"{_reads(plan, found, 'it')}{_interval(plan, found)}.",
        reads_of_who=reads_of_who,
    )


def _with_guards(said: str, candidate: str, guards: Sequence[GuardVerdict]) -> str:
    """The finding with what its candidate's guards say: still one sentence."""
    own = [guard for guard in guards if guard.candidate == candidate and guard.effect is not None]
    return f"{said.removesuffix('.')}; guards: {grouped(own)}." if own else said


def candidate_name(plan: Plan, candidate: str) -> str:
    """What a sentence calls it."""
    return "the candidate" if len(plan.candidates) == 1 else f"candidate {candidate}"


def _reads(plan: Plan, found: CandidateVerdict, who: str) -> str:
    """What was measured: money is earned, everything else is so much against so much."""
    effect = found.effect or 0.0
    told = plan.metric.change(abs(effect), beside=(found.ci_low, found.ci_high, effect))
    change = f"{told} {'more' if effect >= 0 else 'less'}"
    if plan.metric is MONEY or found.mean_original is None or found.mean_candidate is None:
        return f"{who} earns {change} than the original"
    of_whom = "" if who == "it" or len(plan.candidates) == 1 else f"with {who} "
    means = plan.metric.against(found.mean_original, found.mean_candidate)
    return f"{of_whom}{plan.outcome or plan.metric.noun} is {means}, {change}"


def _amount(plan: Plan, amount: float) -> str:
    """An amount with its short unit."""
    return f"{plan.metric.number(amount)} $" if plan.metric is MONEY else plan.metric.change(amount)


def _interval(plan: Plan, found: CandidateVerdict) -> str:
    level = 1 - found.alpha * (1 if plan.two_sided else 2)
    if found.ci_low is None or found.ci_high is None:
        return ""
    p = "" if found.pvalue is None else f"; {plan.alternative} {told_p(found.pvalue)}"
    if found.pvalue_harm is not None and not plan.two_sided:
        p = f"; one-sided {told_p(found.pvalue_harm)} of harm"
    elif p and plan.margin:
        p += f" against a margin of {_amount(plan, plan.margin)}"
    ends = found.ci_low, found.ci_high
    low, high = (plan.metric.number(end, sign=True, beside=(*ends, found.effect)) for end in ends)
    return f" ({100 * level:.3g} % interval {low} to {high}{p})"


def _to_plan(plan: Plan, found: CandidateVerdict) -> str:
    planned = f"the planned effect of {_amount(plan, plan.effect)}"
    verb = {"above": "lies above", "below": "lies below"}.get(found.to_plan or "", "includes")
    return f"The interval {verb} {planned}."
