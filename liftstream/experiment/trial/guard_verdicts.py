"""What the looks say of a plan's guards: does each hold against its margin, and has any candidate broken one?

At every look a guard is tested by the test of its kind (`metrics.judge`), one-sided, at the level of the bound there:
the guard's own alpha, spent as the plan spends the decision's. So over all looks together a guard that is at its margin
is said to hold with probability alpha at most, and one that is unharmed is said to break with probability alpha at
most; after a single look the level is alpha itself, and the answer is that of `analyze_metrics`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftstream.experiment.anytime.confidence_sequence import always_valid
from liftstream.experiment.compare.means import welch
from liftstream.experiment.metrics.judge import Question, compare_moments, question_of
from liftstream.experiment.metrics.kinds import kind_of
from liftstream.experiment.metrics.words import difference_in_words, reading
from liftstream.experiment.moments import Moments
from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.trial.candidate_verdict import nominal_level
from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.experiment.trial.ledger import GuardArms, Ledger, Look, look_times
from liftstream.experiment.trial.plans import ORIGINAL, Plan


@dataclass(frozen=True, repr=False, kw_only=True)
class GuardVerdict(Record):
    """What is known of a guard of a candidate."""

    guard: str
    kind: str
    direction: str
    candidate: str
    verdict: str = "not shown"
    """`holds` (a worsening by the margin is excluded), `breaks` (a worsening is proved, and that is not), `not
    shown`."""
    margin: float
    relative_margin: bool
    original_value: float | None = None
    candidate_value: float | None = None
    effect: float | None = None
    """Candidate minus original; None before anything differs."""
    ci_low: float | None = None
    ci_high: float | None = None
    """Two-sided, of level 1 - 2 alpha: of the look's alpha, or between looks always valid."""
    pvalue: float | None = None
    """p-value of holding: no worsening by the margin or more."""
    pvalue_harm: float | None = None
    """One-sided, of any worsening."""
    alpha: float
    """The level at the latest look; before the first the guard's whole alpha."""
    look: int = 0
    """The latest, 0 before the first."""
    n_original: int = 0
    n_candidate: int = 0
    method: str = ""

    @property
    def metric(self) -> str:
        """The guard's name, as in `MetricResult`."""
        return self.guard

    @property
    def role(self) -> str:
        """The role, as in `MetricResult`."""
        return "guard"

    @property
    def change(self) -> str:
        """The difference in words, with the p-value of what is said of it."""
        if self.effect is None or self.original_value is None or self.candidate_value is None:
            return "nothing differs yet" if self.n_candidate else "no clients yet"
        said = reading(self.kind, self.effect, self.original_value, self.candidate_value)
        if self.pvalue is None or self.pvalue_harm is None:
            return f"{said} so far"
        worse = self.effect < 0 if self.direction == "more" else self.effect > 0
        return difference_in_words(said, self.verdict == "holds", worse, self.pvalue, self.pvalue_harm)


def guard_verdicts(plan: Plan, ledger: Ledger, current: GuardArms | None = None) -> tuple[GuardVerdict, ...]:
    """Every guard of every candidate, in the plan's order; `current` are moments of now, whose numbers decide
    nothing."""
    found = []
    for name in plan.candidates if plan.guards else ():
        levels = look_levels(plan, ledger, name)
        for guard in plan.guards:
            one = _over_looks(guard, name, ledger, levels, plan.alpha)
            found.append(one if current is None else _provisional(plan, guard, one, current[guard.name]))
    return tuple(found)


def look_levels(plan: Plan, ledger: Ledger, name: str) -> list[float]:
    """The level of a guard's test at each look that was taken."""
    if not ledger.looks:
        return []
    if len(ledger.looks) == 1 and ledger.looks[0].final:
        return [plan.alpha]
    times = look_times(plan, [look.arms for look in ledger.looks], name)
    upper, _, _ = bounds_at(plan.guard_design, times, ledger.looks[-1].final)
    return [nominal_level(z, plan.alpha) for z in upper]


def _over_looks(
    guard: PlannedGuard, name: str, ledger: Ledger, levels: list[float], alpha: float
) -> GuardVerdict:
    """What broke stays broken until a look says that it holds."""
    found = _unseen(guard, name, alpha)
    for look, level in zip(ledger.looks, levels, strict=True):
        before, found = found.verdict, _at_look(guard, name, look, level)
        if before == "breaks" and found.verdict == "not shown":
            found = replace(found, verdict="breaks")
    return found


def _at_look(guard: PlannedGuard, name: str, look: Look, level: float) -> GuardVerdict:
    arms = look.guards[guard.name]
    original, candidate = arms[ORIGINAL], arms[name]
    seen = replace(
        _unseen(guard, name, level), look=look.number, n_original=original.n, n_candidate=candidate.n,
        original_value=original.mean, candidate_value=candidate.mean,
    )  # fmt: skip
    try:
        held = compare_moments(guard.metric, original, candidate, question_of(guard.metric, False), level)
    except ValueError:  # all clients of both arms are alike in it so far
        return seen
    harm = harm_p(guard, original, candidate)
    word = "holds" if held.pvalue < level else "breaks" if harm < level else "not shown"
    return replace(
        seen, verdict=word, effect=held.effect, ci_low=finite_or_none(held.ci_low), ci_high=finite_or_none(held.ci_high),
        pvalue=held.pvalue, pvalue_harm=harm, method=held.method,
    )  # fmt: skip


def harm_p(guard: PlannedGuard, original: Moments, candidate: Moments) -> float:
    """One-sided p-value of a worsening; 1 where nothing differs at all."""
    try:
        both = compare_moments(guard.metric, original, candidate, Question("two-sided"), 0.05)
    except ValueError:
        return 1.0
    worse = both.effect < 0 if guard.direction == "more" else both.effect > 0
    return both.pvalue / 2 if worse else 1 - both.pvalue / 2


def _provisional(
    plan: Plan, guard: PlannedGuard, known: GuardVerdict, arms: Mapping[str, Moments]
) -> GuardVerdict:
    """The numbers of now with an interval that holds at all times; the word stays that of the latest look."""
    original, candidate = arms[ORIGINAL], arms[known.candidate]
    seen = replace(
        known, n_original=original.n, n_candidate=candidate.n, original_value=original.mean,
        candidate_value=candidate.mean, effect=None, ci_low=None, ci_high=None, pvalue=None, pvalue_harm=None,
    )  # fmt: skip
    try:
        found = welch(original, candidate, unit=kind_of(guard.kind).unit)
    except ValueError:
        return seen
    clients = plan.clients
    now = always_valid(
        found.effect,
        found.se,
        original.n + candidate.n,
        tuned_at=clients[ORIGINAL] + clients[known.candidate],
        alpha=2 * plan.alpha,
    )
    return replace(
        seen, effect=found.effect, ci_low=now.ci_low, ci_high=now.ci_high, method=f"Welch t, {now.method}"
    )


def _unseen(guard: PlannedGuard, name: str, alpha: float) -> GuardVerdict:
    return GuardVerdict(
        guard=guard.name,
        kind=guard.kind,
        direction=guard.direction,
        candidate=name,
        margin=guard.margin,
        relative_margin=guard.relative_margin,
        alpha=alpha,
    )
