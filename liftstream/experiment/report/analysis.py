"""An experiment from its clients: arms, money per client, effect with interval, checks, verdict, what to do."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from liftstream.experiment.arguments import number, refuse
from liftstream.experiment.checks.guards import check_arms
from liftstream.experiment.compare.bayes import believe_mean
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.cuped import saving
from liftstream.experiment.compare.relative import relative_delta
from liftstream.experiment.data.client_data import ClientData, read_clients
from liftstream.experiment.data.notices import check_sizes
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments, merge_pairs
from liftstream.experiment.report.checks import data_checks, largest_checks, listed, money_checks
from liftstream.experiment.report.report import ArmSummary, CandidateReport, Report
from liftstream.experiment.trial.advice import advise, peeking_sentence
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.ledger import Arms, GuardArms, Ledger, estimate, take_look
from liftstream.experiment.trial.plans import ORIGINAL, Plan
from liftstream.experiment.trial.replay import arms_of, guard_arms_of, replay_looks
from liftstream.experiment.trial.verdicts import Verdict, verdict, with_checks


def analyze(
    data: Mapping[str, Any] | ClientData | Any,
    *,
    arm: str = "arm",
    revenue: str = "revenue",
    covariate: str | None = None,
    client: str | None = None,
    look: str | None = None,
    plan: Plan | None = None,
    alpha: float | None = None,
    two_sided: bool | None = None,
    margin: float | None = None,
    cap: float | None = None,
    weights: Mapping[str, float] | None = None,
    original: str = ORIGINAL,
    drop_missing: bool = False,
    blank_clients: str | None = None,
    blank_revenue: str | None = None,
    crossed: str = "drop",
) -> Report:
    """The whole report on an experiment.

    Args:
        data: columns by name, a pandas or polars frame, or an Arrow table; `read_clients` says what they hold, and what
            the last four arguments do.
        plan: the sealed plan; its looks are taken again on the clients as they came. Without one the data are looked
            at once, as if that had been planned, and `alpha` (0.05), `two_sided`, `margin` (0) and `cap` say how.
        weights: planned share of the clients by arm, without a plan; default equal.
        original: name of the original's arm in the data.

    Raises:
        ValueError: the data cannot be used; the message says which column, row and value.
    """
    own = {"alpha": alpha, "two_sided": two_sided, "margin": margin, "cap": cap, "weights": weights}
    if plan is not None:
        refuse_beside_plan(own)
    clients = data if isinstance(data, ClientData) else read_clients(
        data, arm=arm, revenue=revenue, covariate=covariate, client=client, look=look, drop_missing=drop_missing,
        blank_clients=blank_clients, blank_revenue=blank_revenue, crossed=crossed,
        guards=() if plan is None else [guard.name for guard in plan.guards],
    )  # fmt: skip
    clients = renamed(clients, original, planned=() if plan is None else plan.arms, weighted=weights or {})
    if plan is None:
        given: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
        design, missing = _single_look(clients, covariate, **given)
    else:
        design, missing = plan, absent(plan, clients)
    if missing:
        return _without(design, clients, planned=plan is not None)
    if plan is None:
        check_sizes(clients.arms, clients.arm, clients.notes)
        ledger, seen = take_look(design, Ledger.of(design), arms_of(design, clients), final=True), clients
    else:
        ledger, seen = replay_looks(plan, clients)
    arms = arms_of(design, seen)
    found = verdict(design, ledger, current=arms, current_guards=_guards_now(design, ledger, seen))
    checks = (*money_checks(design, seen), *largest_checks(design, seen, found, ledger), *data_checks(seen))
    found = with_checks(design, ledger, found, checks, planned=plan is not None)
    pairs = [arm for arm in arms.values() if isinstance(arm, PairMoments)]
    return replace(
        _report(design, clients, ledger, found, arms, planned=plan is not None),
        candidates=tuple(_candidate(design, one, arms) for one in found.candidates),
        peeking=peeking_sentence(design, ledger),
        saving=saving(merge_pairs(pairs)) if pairs else None,
        after=clients.clients - seen.clients,
    )


def _guards_now(plan: Plan, ledger: Ledger, clients: ClientData) -> GuardArms | None:
    """Moments of the guards where no look has counted all of these clients, so that numbers between looks can
    be told."""
    counted_last = sum(ledger.looks[-1].clients.values()) if ledger.looks else 0
    return None if counted_last >= clients.clients else guard_arms_of(plan, clients)


def refuse_beside_plan(own: Mapping[str, Any]) -> None:
    """Refuses arguments that a sealed plan fixes.

    Raises:
        ValueError: names what was given besides.
    """
    given = [name for name, value in own.items() if value is not None]
    if given:
        raise ValueError(f"{', '.join(given)} must be absent with a plan: the sealed plan has it already")


def absent(plan: Plan, clients: ClientData) -> tuple[str, ...]:
    """Planned arms without clients."""
    return tuple(name for name in plan.arms if name not in clients.arms)


def _without(plan: Plan, clients: ClientData, *, planned: bool) -> Report:
    """The report where a planned arm never came: nothing is compared, and the alarm says why."""
    ledger = Ledger.of(plan)
    arms = arms_of(plan, clients)
    counts = {name: arm.n for name, arm in arms.items()}
    found = verdict(plan, ledger, counts=counts, extra=(check_arms(counts), *clients.notes))
    found = replace(found, planned_effect=found.planned_effect if planned else None)
    return _report(plan, clients, ledger, found, arms, planned=planned)


def _report(
    plan: Plan, clients: ClientData, ledger: Ledger, found: Verdict, arms: Arms, *, planned: bool
) -> Report:
    """What every report says; of candidates that were compared there is more."""
    return Report(
        verdict=found,
        arms=tuple(_summary(name, _money(arm)) for name, arm in arms.items()),
        candidates=(),
        checks=found.checks,
        advice=advise(plan, found, ledger),
        peeking="",
        saving=None,
        ledger=ledger,
        plan=plan,
        planned=planned,
        rows=clients.rows,
        clients=clients.clients,
        dropped=clients.dropped,
        after=0,
    )


def renamed(
    clients: ClientData,
    original: str,
    *,
    planned: Sequence[str] = (),
    weighted: Mapping[str, float] | None = None,
) -> ClientData:
    """Renames the original's arm to `original`; another arm of that name gets a different one.

    Raises:
        ValueError: no arm of this name, or no other.
    """
    if set(clients.arms) < {*planned, original} and original not in clients.arms:
        return clients
    if original not in clients.arms:
        refuse(
            "original",
            original,
            f"one of the arms in the data: {listed(clients.arms)} (say which: original=)",
        )
    if len(clients.arms) < 2 and not planned and len(weighted or {}) < 2:
        refuse("arm", clients.arms, "at least two arms")
    other = f"{ORIGINAL} (arm)"
    names = [ORIGINAL if name == original else other if name == ORIGINAL else name for name in clients.arms]
    return replace(clients, arms=tuple(names))


def _single_look(
    clients: ClientData,
    covariate: str | None,
    *,
    alpha: float = 0.05,
    two_sided: bool = False,
    margin: float = 0.0,
    cap: float | None = None,
    weights: Mapping[str, float] | None = None,
) -> tuple[Plan, tuple[str, ...]]:
    """The plan of a single look at the given data, and the arms of positive weight without clients.

    Its effect is the smallest that such data would find.
    """
    there = [name for name in clients.arms if name != ORIGINAL]
    missing = tuple(name for name, share in (weights or {}).items() if share > 0 and name not in clients.arms)
    names = (*there, *(name for name in missing if name != ORIGINAL))
    counts = [max(2, int(clients.who(name).sum())) for name in (ORIGINAL, *there)]
    sd = float(np.std(clients.revenue)) or 1.0
    effect = max(number("margin", margin), 0.0) + 2.8 * sd * math.sqrt(
        1 / counts[0] + 1 / min(counts[1:] or counts)
    )
    design = Plan(
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
    return design, missing


def _shares(weights: Mapping[str, float], arms: tuple[str, ...]) -> tuple[float, ...]:
    if set(weights) != set(arms):
        refuse("weights", sorted(weights), f"one for each arm: {', '.join(arms)}")
    return tuple(weights[name] for name in arms)


def _money(arm: Moments | PairMoments) -> Moments:
    return arm.y if isinstance(arm, PairMoments) else arm


def _summary(name: str, arm: Moments) -> ArmSummary:
    return ArmSummary(name, arm.n, arm.mean, arm.sd if arm.n > 1 else 0.0, arm.total)


def _candidate(plan: Plan, found: CandidateVerdict, current: Arms) -> CandidateReport:
    now = estimate(plan, current, found.candidate)
    relative, note = relative_of(now.original, now.candidate)
    return CandidateReport(found, relative, note, believe_mean(now.effect, now.se, df=now.df))


def relative_of(original: Moments, candidate: Moments) -> tuple[Comparison | None, str]:
    """The difference as a share of the original's mean; where there is none, or it has no interval, a note says why."""
    if original.mean == 0:
        return None, "the original's mean is 0, so there is no share of it"
    if candidate.mean == 0 and candidate.m2 == 0:
        share = (candidate.mean - original.mean) / abs(original.mean)
        return None, f"{100 * share:+.1f} %, whatever the original's mean: the share has no error of its own"
    return relative_delta(original, candidate, alternative="two-sided"), ""
