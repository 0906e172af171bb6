"""What the looks at one candidate decide.

The rule at each look: z at or above the bound `improves`; `harms` where the difference lies as far below 0 as the
mirrored bound asks (with one side as well: nobody goes on losing money to be sure of it; a gain below a margin is no
harm, and against a margin below 0 harm is a loss beyond it); below the futility bound or at the last look `no
improvement`; otherwise `running`. Numbers after one look are Welch's, after several those of the stagewise ordering.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from liftstream.experiment.anytime.confidence_sequence import always_valid
from liftstream.experiment.compare.comparison import Comparison, compare, upper_tail
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.sequential.stagewise import at_stop
from liftstream.experiment.trial.ledger import (
    Arms,
    Difference,
    Ledger,
    estimate,
    information,
    look_times,
    normal_score,
)
from liftstream.experiment.trial.plans import Plan

LEVEL_LEAST = 1e-300


@dataclass(frozen=True, repr=False, kw_only=True)
class VerdictNumbers(Record):
    """What a verdict says of one candidate, in numbers."""

    verdict: str
    """`running`, `improves`, `no improvement`, `harms` or `stopped`."""
    effect: float | None = None
    """Difference of the mean money, in $ per client."""
    ci_low: float | None = None
    ci_high: float | None = None
    """Interval of level 1 - alpha with two sides, 1 - 2 alpha with one; it excludes the margin exactly when p < alpha.
    """
    bound: float | None = None
    """The one-sided bound: `ci_low` of a one-sided plan."""
    pvalue: float | None = None
    """Stagewise; None while the experiment runs, when the bound decides and not a p-value."""
    pvalue_harm: float | None = None
    """One-sided p-value of harm, if that is the verdict."""
    alpha: float
    """The level at which this candidate was tested (its step of Holm)."""
    method: str
    n_original: int = 0
    n_candidate: int = 0
    to_plan: str | None = None
    """Whether the interval lies `above`, `includes` or lies `below` the planned effect."""
    information: float = 0.0
    """Share of the planned information."""


@dataclass(frozen=True, repr=False, kw_only=True)
class CandidateVerdict(VerdictNumbers):
    """What is known of one candidate."""

    candidate: str
    unbiased: float | None = None
    """Median-unbiased estimate, where looks were taken before."""
    mean_original: float | None = None
    mean_candidate: float | None = None
    look: int = 0
    """The look that decided, or the latest one."""


class Inference(NamedTuple):
    """What is said of a difference."""

    ci_low: float
    ci_high: float
    method: str
    pvalue: float | None = None
    unbiased: float | None = None
    pvalue_harm: float | None = None


def decide(plan: Plan, ledger: Ledger, name: str, alpha: float) -> CandidateVerdict:
    """The first decision about a candidate at its level, or where it stands."""
    if not ledger.looks:
        return CandidateVerdict(
            candidate=name, verdict="running", alpha=alpha, method=f"Welch t{_adjusted(plan)}"
        )
    times = look_times(plan, [look.arms for look in ledger.looks], name)
    design = plan.design_at(alpha)
    for i, look in enumerate(ledger.looks, start=1):
        upper, lower, _ = bounds_at(design, times[:i], look.final)
        found = estimate(plan, look.arms, name)
        z = normal_score(plan, found)
        loss = normal_score(plan, found, harm=True)
        word = rule(z, upper[-1], lower[-1] if plan.futility else -math.inf, look.final, loss)
        if word != "running":
            numbers = _decided(plan, found, alpha, times[:i], upper, z)
            if word == "harms":
                numbers = numbers._replace(pvalue_harm=_harm(plan, found, alpha, times[:i], upper, loss))
            return _told(plan, name, word, alpha, found, numbers, i, times[i - 1])
    reach = upper[-1] * found.se
    repeated = f"Welch t, {plan.spending} bounds, repeated interval"
    numbers = Inference(found.effect - reach, found.effect + reach, repeated)
    return _told(plan, name, "running", alpha, found, numbers, len(times), times[-1])


def rule(z: float, bound: float, futility: float, final: bool, loss: float) -> str:
    """The verdict of one look; `loss` is z against the harm margin."""
    if z >= bound:
        return "improves"
    if loss <= -bound:
        return "harms"
    return "no improvement" if final or z < futility else "running"


def compared(plan: Plan, found: Difference, alpha: float) -> Comparison:
    """The comparison of a single analysis."""
    return compare(
        found.effect,
        found.se,
        found.df,
        method="Welch t",
        alpha=alpha,
        alternative=plan.alternative,
        null=plan.margin,
        arms=(found.original, found.candidate),
    )


def level_at_look(plan: Plan, ledger: Ledger, found: CandidateVerdict) -> float:
    """The level of an ordinary test that asks what was asked of a candidate at the look that decided, or at the last.

    After a single look this is its own alpha (its step of Holm); after several it is the nominal one of the bound there.
    """
    times = look_times(plan, [look.arms for look in ledger.looks], found.candidate)
    at = found.look or len(times)
    if at < 1 or (at == 1 and ledger.looks[0].final):
        return found.alpha
    upper = bounds_at(plan.design_at(found.alpha), times[:at], ledger.looks[at - 1].final)[0][-1]
    return nominal_level(upper, found.alpha, 2 if plan.two_sided else 1)


def nominal_level(bound: float, alpha: float, sides: int = 1) -> float:
    """The level of an ordinary test whose critical z is a bound: above 0, and at most alpha."""
    return min(max(normal.upper_tail(bound) * sides, LEVEL_LEAST), alpha)


def provisional(plan: Plan, current: Arms, known: CandidateVerdict) -> CandidateVerdict:
    """A running candidate with the numbers of now: always valid, tuned at the plan's clients, deciding nothing."""
    if known.verdict != "running" or min(arm.n for arm in current.values()) < 2:
        return known
    found = estimate(plan, current, known.candidate)
    planned = plan.clients
    now = always_valid(
        found.effect,
        found.se,
        found.original.n + found.candidate.n,
        tuned_at=planned[plan.arms[0]] + planned[known.candidate],
        alpha=known.alpha * (1 if plan.two_sided else 2),
        null=plan.margin,
    )
    numbers = Inference(now.ci_low or 0.0, now.ci_high or 0.0, f"Welch t, {now.method}")
    share = information(plan, current, known.candidate)
    return _told(plan, known.candidate, "running", known.alpha, found, numbers, known.look, share)


def _decided(
    plan: Plan, found: Difference, alpha: float, times: tuple[float, ...], upper: tuple[float, ...], z: float
) -> Inference:
    if len(times) == 1:
        single = compared(plan, found, alpha)
        return Inference(single.ci_low, single.ci_high, single.method, single.pvalue)
    stop = at_stop(times, upper, z, alpha, two_sided=plan.two_sided)
    low, high, unbiased = (
        plan.margin + drift * found.se * math.sqrt(times[-1])
        for drift in (stop.drift_low, stop.drift_high, stop.drift)
    )
    return Inference(low, high, f"Welch t, {plan.spending} bounds, stagewise", stop.pvalue, unbiased)


def _harm(
    plan: Plan,
    found: Difference,
    alpha: float,
    times: tuple[float, ...],
    upper: tuple[float, ...],
    loss: float,
) -> float:
    """One-sided p-value of harm: the mirror image of the question that was planned."""
    if len(times) == 1:
        return float(upper_tail((plan.harm_margin - found.effect) / found.se, found.df))
    return at_stop(times, upper, -loss, alpha, two_sided=False).pvalue


def _told(
    plan: Plan,
    name: str,
    word: str,
    alpha: float,
    found: Difference,
    numbers: Inference,
    look: int,
    share: float,
) -> CandidateVerdict:
    low, high = finite_or_none(numbers.ci_low), finite_or_none(numbers.ci_high)
    return CandidateVerdict(
        candidate=name,
        verdict=word,
        effect=found.effect,
        ci_low=low,
        ci_high=high,
        bound=None if plan.two_sided else low,
        pvalue=numbers.pvalue,
        pvalue_harm=numbers.pvalue_harm,
        alpha=alpha,
        unbiased=numbers.unbiased,
        method=f"{numbers.method}{_adjusted(plan)}",
        n_original=found.original.n,
        n_candidate=found.candidate.n,
        mean_original=found.original.mean,
        mean_candidate=found.candidate.mean,
        look=look,
        information=share,
        to_plan=_to_plan(low, high, plan.effect),
    )


def _adjusted(plan: Plan) -> str:
    return ", CUPED" if plan.covariate else ""


def _to_plan(low: float | None, high: float | None, effect: float) -> str:
    if low is not None and low > effect:
        return "above"
    return "below" if high is not None and high < effect else "includes"
