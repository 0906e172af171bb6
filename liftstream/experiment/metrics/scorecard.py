"""Several metrics of an experiment at once: decisions corrected for their number, guards by non-inferiority, the rest
watched."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import fraction, one_of, refuse
from liftstream.experiment.checks.check import worst
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.multiplicity import METHODS
from liftstream.experiment.compare.relative import relative_delta
from liftstream.experiment.data.notices import check_sizes
from liftstream.experiment.metrics.correction import corrected
from liftstream.experiment.metrics.judge import Question, Sample, arms_of, compare_metric, question_of
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.metrics.metric_checks import checks_of
from liftstream.experiment.metrics.outcomes import Outcomes, read_outcomes
from liftstream.experiment.metrics.results import MetricReport, MetricResult
from liftstream.experiment.metrics.segmented import by_segment
from liftstream.experiment.metrics.words import sentence_of_all

MONEY = re.compile(
    r"(?i)revenue|spend|spent|sales|money|usd|eur|dollar|price|amount|gmv|profit|margin|cost|income"
)


def analyze_metrics(
    data: Any,
    metrics: Sequence[Metric | str | Mapping[str, Any]],
    *,
    arm: str = "arm",
    original: str = "original",
    client: str | None = None,
    by: Sequence[str] = (),
    strata: str | None = None,
    alpha: float = 0.05,
    two_sided: bool = False,
    correction: str = "holm",
    weights: Mapping[str, float] | None = None,
    drop_missing: bool = False,
    blank_clients: str | None = None,
    blank_revenue: str | None = None,
    crossed: str = "drop",
    decimal: str = ".",
) -> MetricReport:
    """An experiment judged by several metrics.

    Args:
        data: columns by name, a pandas or polars frame, or an Arrow table; `read_clients` says what they hold.
        metrics: records, texts as `Metric.parse` reads them, or mappings; the decision ones are corrected together.
        original: name of the original's arm in the data.
        by: columns of segments.
        strata: a column known before the draw, by which differences are post-stratified.
        alpha: of the family of decision metrics, and of each guard.
        correction: `holm`, `benjamini-hochberg` or another method of `adjust`.
        weights: planned share of the clients by arm; default equal.

    Raises:
        ValueError: the data cannot be used; the message says which column, row and value.
    """
    fraction("alpha", alpha)
    one_of("correction", correction, METHODS)
    chosen = [_metric(one) for one in ([metrics] if isinstance(metrics, str | Metric) else metrics)]
    if len({one.name for one in chosen}) < len(chosen) or not chosen:
        refuse("metrics", [one.name for one in chosen], "at least one, each with a name of its own")
    read = read_outcomes(
        data, chosen, arm=arm, client=client, by=[*by, *([strata] if strata else [])], drop_missing=drop_missing,
        blank_clients=blank_clients, blank_revenue=blank_revenue, crossed=crossed, decimal=decimal,
    )  # fmt: skip
    if original not in read.arms or len(read.arms) < 2:
        refuse("original", original, f"one of at least two arms in the data: {', '.join(read.arms[:12])}")
    check_sizes(read.arms, read.arm, read.notes)
    chosen = [one if one.kind else one.of_kind(find_kind(one, read)) for one in chosen]
    rows = {name: np.flatnonzero(read.arm == code) for code, name in enumerate(read.arms)}
    candidates = [name for name in read.arms if name != original]
    samples = {one.name: sample_of(one, read, strata) for one in chosen}
    raw = [
        _result(one, name, samples[one.name], rows[original], rows[name], alpha, two_sided)
        for one in chosen
        for name in candidates
    ]
    results = corrected(raw, correction, alpha)
    segments, interactions, note = by_segment(chosen, samples, read, rows, original, candidates, by, alpha)
    checks = checks_of(chosen, samples, read, rows, original, weights)
    said = sentence_of_all(results, candidates)
    alarms = [check.sentence for check in checks if check.status == "alarm"]
    return MetricReport(
        sentence=f"Careful: {'; '.join(alarms)}. {said}" if alarms else said,
        results=tuple(results),
        segments=segments,
        interactions=interactions,
        checks=checks,
        status=worst(checks),
        arms={name: int(rows[name].size) for name in (original, *candidates)},
        alpha=alpha,
        correction=correction,
        rows=read.rows,
        clients=read.clients,
        dropped=read.dropped,
        note=note,
    )


def _metric(one: Metric | str | Mapping[str, Any]) -> Metric:
    if isinstance(one, Metric):
        return one
    return Metric.parse(one) if isinstance(one, str) else Metric.from_dict(one)


def find_kind(metric: Metric, read: Outcomes) -> str:
    """The kind that values and name suggest: 0 and 1 are a proportion, whole numbers a count, names of money money."""
    values = read.sums[metric.column or metric.name]
    if MONEY.search(metric.name) or MONEY.search(metric.column or ""):
        return "money"
    if np.isin(values, (0.0, 1.0)).all():
        return "proportion"
    return "count" if (values >= 0).all() and (values == np.floor(values)).all() else "mean"


def sample_of(metric: Metric, read: Outcomes, strata: str | None = None) -> Sample:
    """All clients' numbers of a metric, capped."""
    y = read.sums[metric.column or metric.name]
    if metric.kind == "proportion":
        bad = y[(y < 0) | (y != np.floor(y))]
        if bad.size:
            accepted = "0 or 1 for a proportion (or counts of a client, of which one is enough)"
            refuse(metric.name, float(bad[0]), accepted)
        y = np.minimum(y, 1.0)
    if (most := metric.cap_of(y)) is not None:
        y = np.minimum(y, most)
    d = None if metric.denominator is None else read.sums[metric.denominator]
    x = xd = None
    if metric.covariates:
        pairs = [covariate.partition("/") for covariate in metric.covariates]
        x = np.stack([read.firsts[numerator] for numerator, _, _ in pairs], axis=1)
        xd = np.stack([read.firsts[under] if under else np.ones(y.size) for _, _, under in pairs], axis=1)
    return Sample(y, d, x, xd, read.segments[strata][0] if strata else None)


def _result(
    metric: Metric,
    candidate: str,
    sample: Sample,
    rows_original: NDArray[np.int64],
    rows_candidate: NDArray[np.int64],
    alpha: float,
    two_sided: bool,
) -> MetricResult:
    a, b = sample.some(rows_original), sample.some(rows_candidate)
    asked = question_of(metric, two_sided)
    try:
        found = compare_metric(metric, a, b, asked, alpha)
        any_difference = (
            found.pvalue if asked.alternative == "two-sided" else _any_difference(metric, a, b, found, alpha)
        )
        share = _relative(metric, a, b)
    except ValueError as error:
        raise ValueError(f"{metric.name}, {candidate}: {error}") from None
    kind = metric.kind or "mean"
    return MetricResult(
        metric=metric.name,
        kind=kind,
        role=metric.role,
        direction=metric.direction,
        candidate=candidate,
        verdict="",
        original_value=found.mean_original or 0.0,
        candidate_value=found.mean_candidate or 0.0,
        effect=found.effect,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        relative=share.effect,
        relative_low=share.low,
        relative_high=share.high,
        pvalue=found.pvalue,
        pvalue_two_sided=any_difference,
        p_adjusted=found.pvalue,
        alpha=alpha,
        alternative=asked.alternative,
        margin=metric.margin,
        n_original=a.n,
        n_candidate=b.n,
        method=found.method,
    )


def _any_difference(metric: Metric, a: Sample, b: Sample, found: Comparison, alpha: float) -> float:
    """Two-sided p-value; 1 where a guard could be judged though nothing differs, as nobody did anything."""
    if found.effect == 0 and not (np.ptp(a.y) > 0 or np.ptp(b.y) > 0):
        return 1.0
    return compare_metric(metric, a, b, Question("two-sided"), alpha).pvalue


class _Share(NamedTuple):
    effect: float | None
    low: float | None = None
    high: float | None = None


def _relative(metric: Metric, a: Sample, b: Sample) -> _Share:
    """The difference as a share of the original; without an interval for quantiles; None if the original is 0."""
    if metric.quantile is not None:
        first, second = (float(np.quantile(arm.y, metric.quantile)) for arm in (a, b))
        return _Share((second - first) / abs(first) if first else None)
    moments = arms_of(a, b)
    if moments[0].mean == 0 or not any(arm.m2 > 0 for arm in moments):
        return _Share(None)
    if moments[1].mean == 0 and moments[1].m2 == 0:
        return _Share(-1.0 if moments[0].mean > 0 else 1.0)
    found: Comparison = relative_delta(*moments, alternative="two-sided")
    return _Share(found.effect, found.ci_low, found.ci_high)
