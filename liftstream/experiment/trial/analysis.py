"""An experiment from its clients: arms, money per client, effect with interval, checks, verdict, what to do."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from liftstream.experiment.arguments import number, refuse
from liftstream.experiment.checks.check import Check
from liftstream.experiment.checks.guards import (
    check_balance,
    check_clients,
    check_crossing,
    check_heavy_tail,
    check_largest,
)
from liftstream.experiment.compare.bayes import Belief, believe_mean
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.cuped import Saving, saving
from liftstream.experiment.compare.means import welch
from liftstream.experiment.compare.relative import relative_delta
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments, merge_pairs
from liftstream.experiment.record import Record
from liftstream.experiment.trial.advice import advise, peeking_sentence
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.client_data import ClientData, read_clients
from liftstream.experiment.trial.ledger import Arms, Ledger, estimate, take_look
from liftstream.experiment.trial.plans import ORIGINAL, Plan
from liftstream.experiment.trial.replay import arms_of, replay_looks
from liftstream.experiment.trial.sentences import sentence_of
from liftstream.experiment.trial.verdicts import Verdict, verdict


@dataclass(frozen=True, repr=False)
class ArmSummary(Record):
    """One arm."""

    arm: str
    n: int
    mean: float
    """$ per client."""
    sd: float
    total: float


@dataclass(frozen=True, repr=False)
class CandidateReport(Record):
    """One candidate: the verdict's numbers, and the same difference in other words."""

    numbers: CandidateVerdict
    relative: Comparison | None
    """As a share of the original's mean, for reading; None where that mean is 0."""
    belief: Belief
    """Flat prior."""


@dataclass(frozen=True, repr=False)
class Report(Record):
    """Everything that is said about an experiment."""

    verdict: Verdict
    arms: tuple[ArmSummary, ...]
    candidates: tuple[CandidateReport, ...]
    checks: tuple[Check, ...]
    advice: str
    """What to do."""
    peeking: str
    """What an ordinary p-value would be worth after the looks that were taken."""
    saving: Saving | None
    """Of the covariate."""
    ledger: Ledger
    plan: Plan
    planned: bool
    """Whether the plan was given; otherwise it says that the data are looked at once, now."""
    rows: int
    dropped: int
    after: int
    """Clients that came after the look that decided; they are not counted."""

    def __repr__(self) -> str:
        clients = ", ".join(f"{arm.arm} {arm.n:,}" for arm in self.arms)
        found = self.verdict
        return f"Report(verdict={found.verdict!r}, status={found.status!r}, clients=({clients}), {found.sentence!r})"

    def to_dict(self) -> dict[str, Any]:
        """The verdict's fields on top, then the rest."""
        found = self.verdict.to_dict()
        nested = {
            "arms": [arm.to_dict() for arm in self.arms],
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "checks": [check.to_dict() for check in self.checks],
            "saving": self.saving and self.saving.to_dict(),
            "ledger": self.ledger.to_dict(),
            "plan": self.plan.to_dict() if self.planned else None,
        }
        rest = {name: getattr(self, name) for name in ("advice", "peeking", "rows", "dropped", "after")}
        return {**found, **nested, **rest}


def analyze(
    data: Mapping[str, Any] | ClientData,
    *,
    arm: str = "arm",
    revenue: str = "revenue",
    covariate: str | None = None,
    client: str | None = None,
    look: str | None = None,
    plan: Plan | None = None,
    alpha: float = 0.05,
    two_sided: bool = False,
    margin: float = 0.0,
    cap: float | None = None,
    weights: Mapping[str, float] | None = None,
    original: str = ORIGINAL,
    drop_missing: bool = False,
) -> Report:
    """The whole report on an experiment.

    Args:
        data: columns by name, or a data frame; `read_clients` says what they hold.
        plan: the sealed plan; its looks are taken again on the clients as they came. Without one the data are looked
            at once, as if that had been planned, and `alpha`, `two_sided`, `margin` and `cap` say how.
        weights: planned share of the clients by arm, without a plan; default equal.
        original: name of the original's arm in the data.

    Raises:
        ValueError: the data cannot be used; the message says which column, row and value.
    """
    clients = data if isinstance(data, ClientData) else read_clients(
        data, arm=arm, revenue=revenue, covariate=covariate, client=client, look=look, drop_missing=drop_missing
    )  # fmt: skip
    clients = _renamed(clients, original)
    if plan is None:
        design, counted = _single_look(clients, covariate, alpha, two_sided, margin, cap, weights), clients
        ledger = take_look(design, Ledger.of(design), arms_of(design, clients), final=True)
    else:
        design = plan
        ledger, counted = replay_looks(plan, clients)
    arms = arms_of(design, counted)
    found = verdict(design, ledger, current=arms, extra=_checks(design, counted))
    if plan is None:
        found = _unplanned(design, found, ledger)
    pairs = [arm for arm in arms.values() if isinstance(arm, PairMoments)]
    return Report(
        verdict=found,
        arms=tuple(_summary(name, _money(arm)) for name, arm in arms.items()),
        candidates=tuple(_candidate(design, one, arms) for one in found.candidates),
        checks=found.checks,
        advice=advise(design, found, ledger),
        peeking=peeking_sentence(design, ledger),
        saving=saving(merge_pairs(pairs)) if pairs else None,
        ledger=ledger,
        plan=design,
        planned=plan is not None,
        rows=clients.rows,
        dropped=clients.dropped,
        after=clients.clients - counted.clients,
    )


def _renamed(clients: ClientData, original: str) -> ClientData:
    if original not in clients.arms:
        refuse("original", original, f"one of the arms in the data: {', '.join(clients.arms)}")
    if len(clients.arms) < 2:
        refuse("arm", clients.arms, "at least two arms")
    return replace(clients, arms=tuple(ORIGINAL if name == original else name for name in clients.arms))


def _single_look(
    clients: ClientData,
    covariate: str | None,
    alpha: float,
    two_sided: bool,
    margin: float,
    cap: float | None,
    weights: Mapping[str, float] | None,
) -> Plan:
    """The plan of whoever looks once, at what there is; its effect is the smallest that such data would find."""
    names = tuple(name for name in clients.arms if name != ORIGINAL)
    counts = [max(2, int((clients.arm == clients.arms.index(name)).sum())) for name in (ORIGINAL, *names)]
    sd = float(np.std(clients.revenue)) or 1.0
    effect = max(number("margin", margin), 0.0) + 2.8 * sd * math.sqrt(1 / counts[0] + 1 / min(counts[1:]))
    return Plan(
        effect=effect,
        sd=sd,
        n_per_arm=counts[0],
        alpha=alpha,
        alternative="two-sided" if two_sided else "one-sided",
        candidates=names,
        margin=margin,
        cap=cap,
        covariate=covariate,
        weights=None if weights is None else _shares(weights, (ORIGINAL, *names)),
    )


def _shares(weights: Mapping[str, float], arms: tuple[str, ...]) -> tuple[float, ...]:
    if set(weights) != set(arms):
        refuse("weights", sorted(weights), f"one for each arm: {', '.join(arms)}")
    return tuple(weights[name] for name in arms)


def _unplanned(plan: Plan, found: Verdict, ledger: Ledger) -> Verdict:
    """Nothing was planned, so nothing is said about a planned effect."""
    leading = next(one for one in found.candidates if one.candidate == found.leading)
    sentence = sentence_of(plan, found.verdict, leading, found.checks, ledger, to_plan=False)
    return replace(found, sentence=sentence, planned_effect=None, to_plan=None)


def _checks(plan: Plan, clients: ClientData) -> tuple[Check, ...]:
    money = {name: clients.of(name) for name in plan.arms if name in clients.arms}
    if plan.cap is not None:
        money = {name: np.minimum(values, plan.cap) for name, values in money.items()}
    checks = [check_clients(money), check_heavy_tail(money)]
    for name in plan.candidates:
        if name in money and min(money[name].size, money[ORIGINAL].size) >= 2:
            checks += _largest(plan, money, name)
    if clients.covariate is not None:
        before = {
            name: Moments.of(clients.covariate[clients.arm == clients.arms.index(name)]) for name in money
        }
        checks.append(check_balance(before))
    checks.append(check_crossing(clients.clients + clients.crossed, clients.crossed))
    return tuple(checks)


def _largest(plan: Plan, money: Mapping[str, Any], name: str) -> list[Check]:
    try:
        with_all = welch(
            money[ORIGINAL], money[name], alpha=plan.alpha, alternative=plan.alternative, null=plan.margin
        )
    except ValueError:
        return []  # all values equal: the look itself refuses them, and says so
    return [check_largest(money[ORIGINAL], money[name], with_all)]


def _money(arm: Moments | PairMoments) -> Moments:
    return arm.y if isinstance(arm, PairMoments) else arm


def _summary(name: str, arm: Moments) -> ArmSummary:
    return ArmSummary(name, arm.n, arm.mean, arm.sd if arm.n > 1 else 0.0, arm.total)


def _candidate(plan: Plan, found: CandidateVerdict, current: Arms) -> CandidateReport:
    now = estimate(plan, current, found.candidate)
    relative = None
    if now.original.mean != 0:
        relative = relative_delta(now.original, now.candidate, alternative="two-sided")
    return CandidateReport(found, relative, believe_mean(now.effect, now.se))
