"""Checks of the clients behind several metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.amounts import told_p
from liftstream.experiment.checks.check import Check
from liftstream.experiment.checks.guards import (
    Tail,
    check_balance,
    check_cap,
    check_clients,
    check_crossing,
    check_tails,
    skewness,
)
from liftstream.experiment.checks.sample_ratio import check_sample_ratio
from liftstream.experiment.compare.rate_tests import boschloo
from liftstream.experiment.metrics.judge import Sample
from liftstream.experiment.metrics.kinds import kind_of
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.metrics.outcomes import Outcomes
from liftstream.experiment.moments import Moments

FEW_CONVERSIONS = 5


def checks_of(
    metrics: Sequence[Metric],
    samples: Mapping[str, Sample],
    read: Outcomes,
    rows: Mapping[str, NDArray[np.int64]],
    original: str,
    weights: Mapping[str, float] | None,
) -> tuple[Check, ...]:
    """The checks of the draw, the clients, and each metric."""
    names = [original, *(name for name in read.arms if name != original)]
    counts = {name: int(rows[name].size) for name in names}
    shares = weights or dict.fromkeys(names, 1.0)
    for name, share in shares.items():
        if share > 0:
            counts.setdefault(name, 0)
    found = [
        check_sample_ratio(counts, shares),
        check_clients({name: samples[metrics[0].name].y[rows[name]] for name in names}),
    ]
    for metric in metrics:
        found += _of_metric(metric, samples[metric.name], rows, names)
        numbers = read.sums[metric.column or metric.name]
        if metric.kind != "proportion" and (most := metric.cap_of(numbers)) is not None:
            found.append(check_cap(f"cap of {metric.name}", numbers, most))
    found.append(check_crossing(read.clients, read.crossed, read.seen_first))
    return (*found, *read.notes)


def _of_metric(
    metric: Metric, sample: Sample, rows: Mapping[str, NDArray[np.int64]], names: Sequence[str]
) -> list[Check]:
    found = []
    kind = kind_of(metric.kind or "mean").name
    if kind in {"money", "count", "mean"}:
        tail = check_tails({name: Tail(rows[name].size, skewness(sample.y[rows[name]])) for name in names})
        found.append(replace(tail, name=f"heavy tail of {metric.name}"))
    if kind == "proportion":
        found += _few(metric, sample, rows, names)
    if sample.x is not None:
        for i, covariate in enumerate(metric.covariates):
            known = sample.x[:, i]
            balance = check_balance({name: Moments.of(known[rows[name]]) for name in names})
            found.append(replace(balance, name=f"balance of {covariate}"))
    return [check for check in found if check.status != "ok" or kind != "proportion"]


def _few(
    metric: Metric, sample: Sample, rows: Mapping[str, NDArray[np.int64]], names: Sequence[str]
) -> list[Check]:
    """Few conversions: what an exact test says besides."""
    converted = {name: (int(sample.y[rows[name]].sum()), int(rows[name].size)) for name in names}
    x, n = converted[names[0]]
    found = []
    for name in names[1:]:
        y, m = converted[name]
        if min(x, n - x, y, m - y) < FEW_CONVERSIONS and max(n, m) <= 2000 and 0 < x + y < n + m:
            exact = boschloo(x, n, y, m, alternative="two-sided").pvalue
            said = f"{metric.name} of {name}: {x:,} of {n:,} against {y:,} of {m:,}; Boschloo's exact two-sided {told_p(exact)}"
            found.append(Check("few conversions", "warning", said, {"pvalue": exact}))
    return found
