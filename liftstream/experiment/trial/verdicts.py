"""The verdict: a function of the plan and its ledger, in one sentence and in numbers.

`candidate_verdict` says what each candidate's looks decide; here they share alpha by Holm's steps, the checks stand
beside them, and the whole gets its sentence. Once a candidate improves, the others are tested again with its share of
alpha (Holm 1979; Maurer & Bretz 2013 for looks).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from liftstream.experiment.checks.check import Check, worst
from liftstream.experiment.checks.sample_ratio import check_sample_ratio
from liftstream.experiment.trial.candidate_verdict import (
    CandidateVerdict,
    VerdictNumbers,
    decide,
    provisional,
)
from liftstream.experiment.trial.guard_verdicts import GuardVerdict, guard_verdicts
from liftstream.experiment.trial.ledger import Arms, GuardArms, Ledger, check_ledger
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.sentences import sentence_of


@dataclass(frozen=True, repr=False, kw_only=True)
class VerdictSummary(VerdictNumbers):
    """The numbers of the leading candidate, and what belongs to the whole experiment."""

    alternative: str
    unit: str
    n_total: int
    planned_effect: float | None
    """None if no plan was given."""
    looks_taken: int
    looks_planned: int
    status: str
    """Worst of the checks: `ok`, `warning` or `alarm`."""
    leading: str
    """The candidate whose numbers these are."""
    sentence: str


@dataclass(frozen=True, repr=False, kw_only=True)
class Verdict(VerdictSummary):
    """The verdict of an experiment."""

    candidates: tuple[CandidateVerdict, ...]
    checks: tuple[Check, ...]
    guards: tuple[GuardVerdict, ...]
    """Every guard of every candidate at the look that decided, or at the latest."""
    plan: str
    """Hash of the plan."""

    @property
    def decided(self) -> bool:
        """Whether nothing more is to come."""
        return self.verdict != "running"

    @property
    def broken(self) -> tuple[GuardVerdict, ...]:
        """The guards that the leading candidate breaks."""
        return tuple(one for one in self.guards if one.verdict == "breaks" and one.candidate == self.leading)


def verdict(
    plan: Plan,
    ledger: Ledger,
    *,
    current: Arms | None = None,
    counts: Mapping[str, int] | None = None,
    extra: tuple[Check, ...] = (),
    current_guards: GuardArms | None = None,
) -> Verdict:
    """The verdict on an experiment.

    Args:
        plan: the sealed plan.
        ledger: its looks so far.
        current: moments of the arms now, for the numbers of a running experiment between looks; they decide nothing.
        counts: clients by arm now, where there is nothing to compare yet; default: those of `current` or the last look.
        extra: checks of your own, to stand beside the sample ratio.
        current_guards: moments of now by guard and arm, which decide nothing.

    Raises:
        ValueError: the ledger belongs to another plan, or an entry does not follow from its moments.
    """
    check_ledger(plan, ledger)
    candidates = _holm(plan, ledger)
    if current is not None:
        candidates = [provisional(plan, current, found) for found in candidates]
    if ledger.stopped:
        # whoever was not decided then, never will be
        candidates = [
            replace(found, verdict="stopped") if found.verdict == "running" else found for found in candidates
        ]
    word = _together([found.verdict for found in candidates])
    leading = _leading(candidates, word)
    arms = current if current is not None else ledger.looks[-1].arms if ledger.looks else {}
    if counts is None:
        counts = {name: arms[name].n if name in arms else 0 for name in plan.arms}
    checks = (check_sample_ratio(counts, plan.shares), *extra)
    guards = guard_verdicts(plan, ledger, current_guards)
    return Verdict(
        **{one.name: getattr(leading, one.name) for one in fields(VerdictNumbers)},
        sentence=sentence_of(plan, word, leading, checks, ledger, guards),
        alternative=plan.alternative,
        unit=plan.metric.unit,
        n_total=sum(counts.values()),
        planned_effect=plan.effect,
        looks_taken=len(ledger.looks),
        looks_planned=len(plan.times),
        status=worst(checks),
        leading=leading.candidate,
        candidates=tuple(candidates),
        checks=checks,
        guards=guards,
        plan=plan.hash,
    )


def with_checks(
    plan: Plan, ledger: Ledger, found: Verdict, extra: tuple[Check, ...], *, planned: bool
) -> Verdict:
    """The verdict with more checks beside it, and without a word on the plan where none was given; they may change its
    sentence, never its numbers."""
    checks = (*found.checks, *extra)
    leading = next(one for one in found.candidates if one.candidate == found.leading)
    sentence = sentence_of(plan, found.verdict, leading, checks, ledger, found.guards, to_plan=planned)
    found = replace(found, checks=checks, status=worst(checks), sentence=sentence)
    return found if planned else replace(found, planned_effect=None, to_plan=None)


def _holm(plan: Plan, ledger: Ledger) -> list[CandidateVerdict]:
    """Tests all candidates with a share of alpha each; the share of one that was proved goes to the others."""
    found: dict[str, CandidateVerdict] = {}
    while len(found) < len(plan.candidates):
        left = [name for name in plan.candidates if name not in found]
        tested = {name: decide(plan, ledger, name, plan.alpha_of(len(left))) for name in left}
        proved = {"improves", "harms"} if plan.two_sided else {"improves"}
        found.update({name: v for name, v in tested.items() if v.verdict in proved} or tested)
    return [found[name] for name in plan.candidates]


def _together(words: list[str]) -> str:
    """One verdict of several: an improvement is what was looked for; no verdict before every candidate has one."""
    for word in ("improves", "running", "stopped", "no improvement"):
        if word in words:
            return word
    return "harms"


def _leading(candidates: list[CandidateVerdict], word: str) -> CandidateVerdict:
    """The candidate that earns most, among those with the experiment's verdict."""
    of_word = [found for found in candidates if found.verdict == word]
    return max(of_word, key=lambda found: -math.inf if found.effect is None else found.effect)
