"""What is said about an experiment, as records that print, draw and export themselves."""

from dataclasses import dataclass
from html import escape
from typing import Any

from liftstream.experiment.charts.forest import Row, forest_chart
from liftstream.experiment.charts.html import checks_list, section, table
from liftstream.experiment.checks.check import Check
from liftstream.experiment.compare.bayes import Belief
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.cuped import Saving
from liftstream.experiment.record import Record
from liftstream.experiment.trial.candidate_verdict import CandidateVerdict
from liftstream.experiment.trial.ledger import Ledger, look_path
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.verdicts import Verdict


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
    """The difference as a share of the original's mean, for reading; None if it has no interval."""
    relative_note: str
    """Why not, and what can be said."""
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
    """What the covariate saves."""
    ledger: Ledger
    plan: Plan
    planned: bool
    """Whether the plan was given; otherwise it says that the data are looked at once, now."""
    rows: int
    clients: int
    """Clients that the rows became."""
    dropped: int
    after: int
    """Clients that came after the look that decided; they are not counted."""

    def __repr__(self) -> str:
        clients = ", ".join(f"{arm.arm} {arm.n:,}" for arm in self.arms)
        found = self.verdict
        return f"Report(verdict={found.verdict!r}, status={found.status!r}, clients=({clients}), {found.sentence!r})"

    def _repr_html_(self) -> str:
        unit = self.plan.metric
        arms = table(
            ["arm", "clients", "mean", "sd"],
            [(arm.arm, f"{arm.n:,}", unit.level(arm.mean), unit.number(arm.sd)) for arm in self.arms],
        )
        checks = checks_list((check.name, check.status, check.sentence) for check in self.checks)
        return section(self.verdict.sentence, f"<p>{escape(self.advice)}</p>", arms, checks)

    def plot(self) -> Any:
        """An Altair chart: each candidate's difference with its interval; beside it bounds and path where looks were
        planned."""
        rows = [
            Row(one.candidate, one.effect, one.ci_low, one.ci_high, one.verdict)
            for one in self.verdict.candidates
            if one.effect is not None and one.ci_low is not None and one.ci_high is not None
        ]
        chart = forest_chart(rows, "Difference to the original", self.plan.metric.unit)
        if not self.planned or len(self.plan.times) < 2:
            return chart
        return chart & self.plan.plot(look_path(self.ledger, self.verdict.leading))

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
        rest = {
            name: getattr(self, name) for name in ("advice", "peeking", "rows", "clients", "dropped", "after")
        }
        return {**found, **nested, **rest}
