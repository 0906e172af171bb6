"""Results of several metrics: one for each metric and candidate, segments, and all of them in one report."""

from dataclasses import dataclass
from typing import Any

from liftstream.experiment.amounts import told_p
from liftstream.experiment.charts.forest import Row, forest_chart
from liftstream.experiment.charts.html import checks_list, section, table
from liftstream.experiment.checks.check import Check
from liftstream.experiment.metrics.words import difference_in_words, reading
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class MetricResult(Record):
    """A metric of a candidate against the original."""

    metric: str
    kind: str
    role: str
    direction: str
    candidate: str
    verdict: str
    """`improves`, `harms` or `no difference` of a decision; `holds`, `breaks` or `not shown` of a guard; `better`,
    `worse` or `no difference` of others."""
    original_value: float
    candidate_value: float
    effect: float
    ci_low: float
    ci_high: float
    """Two-sided, of level 1 - 2 alpha where the question has one side."""
    relative: float | None
    """Share of the original's size."""
    relative_low: float | None
    relative_high: float | None
    pvalue: float
    """p-value of the question that was asked: improvement, or no worsening by the margin."""
    pvalue_two_sided: float
    """Two-sided p-value of any difference."""
    p_adjusted: float
    """Corrected over decision metrics and candidates (of watched ones over those); a guard's own p-value."""
    alpha: float
    alternative: str
    margin: float | None
    n_original: int
    n_candidate: int
    method: str

    @property
    def change(self) -> str:
        """The difference in words, with the p-value of what is said of it."""
        said = reading(self.kind, self.effect, self.original_value, self.candidate_value)
        if self.verdict in {"improves", "holds", "better"}:
            return f"{said}, {told_p(self.p_adjusted)}"
        if self.verdict == "no difference" or self.alternative == "two-sided":
            raw = " before the correction" if self.p_adjusted > self.pvalue else ""
            return f"{said}, two-sided {told_p(self.pvalue_two_sided)}{raw}"
        return difference_in_words(said, False, self.is_worse, self.pvalue, self.pvalue_two_sided / 2)

    @property
    def is_worse(self) -> bool:
        """Whether the difference goes the wrong way."""
        return self.effect < 0 if self.direction == "more" else self.effect > 0


@dataclass(frozen=True, repr=False)
class SegmentResult(Record):
    """A metric of a candidate in one segment; for reading, not for deciding."""

    metric: str
    candidate: str
    by: str
    segment: str
    n_original: int
    n_candidate: int
    original_value: float
    candidate_value: float
    effect: float
    ci_low: float
    ci_high: float
    pvalue: float
    """Two-sided, of this segment alone."""
    p_adjusted: float
    """Holm over all segments shown."""


@dataclass(frozen=True, repr=False)
class Interaction(Record):
    """Whether the segments' effects differ more than chance explains: Cochran's Q."""

    metric: str
    candidate: str
    by: str
    q: float
    df: int
    pvalue: float
    p_adjusted: float
    """Holm over all such questions."""
    i2: float
    left_out: int
    """Segments with too few clients to be compared."""


@dataclass(frozen=True, repr=False)
class MetricReport(Record):
    """Everything that is said about an experiment with several metrics."""

    sentence: str
    results: tuple[MetricResult, ...]
    segments: tuple[SegmentResult, ...]
    interactions: tuple[Interaction, ...]
    checks: tuple[Check, ...]
    status: str
    """Worst of the checks: `ok`, `warning` or `alarm`."""
    arms: dict[str, int]
    """Clients by arm."""
    alpha: float
    correction: str
    rows: int
    clients: int
    dropped: int
    note: str
    """What many segments find by chance, and which are left out; empty without segments."""

    def __repr__(self) -> str:
        return f"MetricReport(status={self.status!r}, {self.sentence!r})"

    def _repr_html_(self) -> str:
        rows = [
            (
                r.metric,
                r.role,
                r.candidate,
                r.verdict,
                r.change,
                "" if r.relative is None else f"{100 * r.relative:+.1f} %",
            )
            for r in self.results
        ]
        results = table(["metric", "role", "candidate", "verdict", "difference", "relative"], rows)
        return section(
            self.sentence, results, checks_list((c.name, c.status, c.sentence) for c in self.checks)
        )

    def plot(self) -> Any:
        """An Altair chart: each metric's difference as a share of the original's value, with its interval."""
        several = len({r.candidate for r in self.results}) > 1
        rows = [
            Row(
                f"{r.metric}, {r.candidate}" if several else r.metric,
                r.relative,
                r.relative_low,
                r.relative_high,
                r.verdict,
            )
            for r in self.results
            if r.relative is not None and r.relative_low is not None and r.relative_high is not None
        ]
        return forest_chart(rows, "Difference to the original", "share of the original's value")

    def of(self, metric: str, candidate: str | None = None) -> MetricResult:
        """The result of a metric (of a candidate, where there are several).

        Raises:
            ValueError: there is none, or there are several candidates.
        """
        found = [r for r in self.results if r.metric == metric and candidate in {None, r.candidate}]
        if len(found) != 1:
            known = ", ".join(f"{r.metric} of {r.candidate}" for r in self.results)
            raise ValueError(f"metric must be one of {known}, got {metric!r}")
        return found[0]

    def to_dict(self) -> dict[str, Any]:
        """All fields by name."""
        parts = ("results", "segments", "interactions", "checks")
        told = ("sentence", "status", "arms", "alpha", "correction", "rows", "clients", "dropped", "note")
        rest = {name: getattr(self, name) for name in told}
        return {**rest, **{name: [one.to_dict() for one in getattr(self, name)] for name in parts}}
