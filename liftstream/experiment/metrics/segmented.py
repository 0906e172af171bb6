"""The metrics in segments of the clients: who gains more, and what many segments find by chance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.multiplicity import adjust
from liftstream.experiment.compare.segments import cochran_q
from liftstream.experiment.metrics.judge import Question, Sample, compare_metric
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.metrics.outcomes import Outcomes
from liftstream.experiment.metrics.results import Interaction, SegmentResult

Rows = Mapping[str, NDArray[np.int64]]
Some = TypeVar("Some", SegmentResult, Interaction)


def by_segment(
    metrics: Sequence[Metric],
    samples: Mapping[str, Sample],
    read: Outcomes,
    rows: Rows,
    original: str,
    candidates: Sequence[str],
    by: Sequence[str],
    alpha: float,
) -> tuple[tuple[SegmentResult, ...], tuple[Interaction, ...], str]:
    """Effects by segment, the tests whether they differ, and a word of warning."""
    segments: list[SegmentResult] = []
    interactions: list[Interaction] = []
    left_out = dict.fromkeys(by, 0)
    for column in by:
        codes, labels = read.segments[column]
        parts = {name: _split(codes[where], where, len(labels)) for name, where in rows.items()}
        for metric, name in product(metrics, candidates):
            pairs = list(zip(parts[original], parts[name], strict=True))
            found = [_compared(metric, samples[metric.name], *pair, alpha) for pair in pairs]
            told = {label: one for label, one in zip(labels, found, strict=True) if one is not None}
            missing = sum(first.size > 0 or second.size > 0 for first, second in pairs) - len(told)
            left_out[column] = max(left_out[column], missing)
            segments += [_told(metric.name, name, column, label, one) for label, one in told.items()]
            if len(told) > 1:
                interactions.append(_differ(metric.name, name, column, list(told.values()), missing))
    if not by:
        return (), (), ""
    segments = _adjusted(segments)
    interactions = _adjusted(interactions)
    said = [_warning(segments, interactions, alpha)] if segments else []
    said += [_left_out(column, count) for column, count in left_out.items() if count]
    return tuple(segments), tuple(interactions), " ".join(said)


def _split(codes: NDArray[np.int64], where: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """Rows of each segment."""
    order = np.argsort(codes, kind="stable")
    return np.split(where[order], np.cumsum(np.bincount(codes, minlength=count))[:-1])


def _compared(
    metric: Metric, sample: Sample, first: NDArray[np.int64], second: NDArray[np.int64], alpha: float
) -> Comparison | None:
    """The comparison in a segment; None if it has too few clients, or nothing differs in it."""
    plain = replace(metric, kind="mean") if metric.kind == "proportion" else metric
    try:
        first_arm, second_arm = (replace(sample.some(where), stratum=None) for where in (first, second))
        return compare_metric(plain, first_arm, second_arm, Question("two-sided"), alpha)
    except ValueError:
        return None


def _told(metric: str, candidate: str, by: str, segment: str, found: Comparison) -> SegmentResult:
    return SegmentResult(
        metric=metric,
        candidate=candidate,
        by=by,
        segment=segment,
        n_original=found.n_original or 0,
        n_candidate=found.n_candidate or 0,
        original_value=found.mean_original or 0.0,
        candidate_value=found.mean_candidate or 0.0,
        effect=found.effect,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        pvalue=found.pvalue,
        p_adjusted=found.pvalue,
    )


def _differ(metric: str, candidate: str, by: str, found: list[Comparison], left_out: int) -> Interaction:
    tested = cochran_q([one.effect for one in found if one.se > 0], [one.se for one in found if one.se > 0])
    return Interaction(
        metric, candidate, by, tested.q, tested.df, tested.pvalue, tested.pvalue, tested.i2, left_out
    )


def _adjusted(found: list[Some]) -> list[Some]:
    if not found:
        return found
    pvalues = adjust([one.pvalue for one in found]).pvalues
    return [replace(one, p_adjusted=p) for one, p in zip(found, pvalues, strict=True)]


def _left_out(column: str, count: int) -> str:
    """Of segments without a comparison."""
    told = "1 segment is" if count == 1 else f"{count:,} segments are"
    return f"By {column} {told} left out: too few clients in an arm, or nothing differs there."


def _warning(segments: Sequence[SegmentResult], interactions: Sequence[Interaction], alpha: float) -> str:
    by_chance = alpha * len(segments)
    differing = [one for one in interactions if one.p_adjusted < alpha]
    said = (
        f"{len(segments):,} segments were compared: by chance alone {by_chance:.1f} of them reach p < {alpha:g}, so read p after "
        "correction, and the interaction first"
    )
    if not differing:
        return f"{said}; no effect differs between segments more than chance explains."
    names = ", ".join(f"{one.metric} by {one.by} ({one.candidate})" for one in differing[:5])
    return f"{said}; effects differ between segments for {names}."
