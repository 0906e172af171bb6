"""A guard of a plan: a metric that must not get worse by its margin, sealed with the plan and judged at each of
its looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from liftstream.experiment.arguments import one_of, refuse
from liftstream.experiment.metrics.kinds import kind_of
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.record import Record

KINDS = ("money", "proportion", "count", "mean")
"""Kinds of guards: those whose arms are means over clients."""
SOURCES = ("revenue", "outcome")
GUARDS_MOST = 10


@dataclass(frozen=True, repr=False)
class PlannedGuard(Record):
    """What must not get worse, and by how much.

    >>> PlannedGuard.of("returned:proportion,margin=0.01,direction=less").metric.role
    'guard'
    """

    name: str
    """Name in sentences, and of the column in a file of clients."""
    kind: str
    margin: float
    """The worsening that would be accepted, above 0."""
    relative_margin: bool = False
    """Whether the margin is a share of the original's value."""
    direction: str = "more"
    """`more` or `less` is better."""
    cap: float | None = None
    """A client's number above this counts as this."""
    source: str | None = None
    """`revenue` or `outcome` on a platform; None for a column of the file."""
    outcome: str | None = None
    """Name of the outcome, for the source `outcome`."""

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        if self.source is not None:
            one_of("source", self.source, SOURCES)
        if (self.source == "outcome") != (self.outcome is not None):
            refuse("outcome", self.outcome, "a name where the source is 'outcome', and only then")
        _ = self.metric

    @property
    def metric(self) -> Metric:
        """The metric whose test judges it."""
        return Metric(
            self.name,
            self.kind,
            direction=self.direction,
            role="guard",
            margin=self.margin,
            relative_margin=self.relative_margin,
            cap=self.cap,
        )

    @property
    def margin_in_words(self) -> str:
        """`2 % of the original's`, `1.00 points`."""
        if self.relative_margin:
            return f"{100 * self.margin:g} % of the original's"
        return kind_of(self.kind).change(self.margin)

    @property
    def in_words(self) -> str:
        """What is watched, and how much of a loss is accepted."""
        return f"{self.name} ({self.kind}, {self.direction} is better, margin {self.margin_in_words})"

    def counted(self, total: float) -> float:
        """What a client counts whose records sum to `total`: of a proportion whether there was anything."""
        if self.kind == "proportion":
            return float(total > 0)
        return total if self.cap is None else min(total, self.cap)

    @classmethod
    def of(cls, value: Any) -> Self:
        """Reads a record, a text as for `Metric.parse`, or a mapping with the same keys.

        Raises:
            ValueError: it is no guard, or holds what a plan cannot judge.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls._from_metric(Metric.parse(f"{value},role=guard"), {})
        if not isinstance(value, Mapping):
            refuse("guards", value, "a list of guards, each with name, kind and margin")
        document = {"role": "guard", **value}
        own = {key: document.pop(key) for key in ("source", "outcome") if key in document}
        return cls._from_metric(Metric.from_dict(document), own)

    @classmethod
    def _from_metric(cls, metric: Metric, own: Mapping[str, Any]) -> Self:
        if metric.role != "guard":
            refuse(f"role of {metric.name}", metric.role, "guard, or absent")
        if metric.kind not in KINDS:
            refuse(f"kind of the guard {metric.name}", metric.kind, f"one of {', '.join(KINDS)}")
        if metric.column != metric.name or metric.covariates or metric.cap_percentile is not None:
            refuse(
                f"the guard {metric.name}",
                "a column, a covariate or a percentile",
                "made of name, kind, direction, margin and cap",
            )
        return cls(
            metric.name,
            metric.kind,
            metric.margin or 0.0,
            metric.relative_margin,
            metric.direction,
            metric.cap,
            **own,
        )


def guards_of(name: str, value: Any) -> tuple[PlannedGuard, ...]:
    """The guards of a plan.

    Raises:
        ValueError: no list, too many, or two of one name.
    """
    if not isinstance(value, list | tuple) or len(value) > GUARDS_MOST:
        refuse(name, value, f"a list of at most {GUARDS_MOST} guards, each with name, kind and margin")
    found = tuple(PlannedGuard.of(one) for one in value)
    if len({guard.name for guard in found}) < len(found):
        refuse(name, [guard.name for guard in found], "a list in which each name appears once")
    return found
