"""`liftstream simulate --metric ... --data FILE`: how often the test of a metric is wrong, and how often it finds an
effect."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from liftstream.cli.experiment.wording import in_options
from liftstream.cli.files.client_file import decimal_mark, read_table
from liftstream.cli.options import print_json
from liftstream.contracts.errors import UsageError

USUAL_CLIENTS = 1000


class MetricSimulation(NamedTuple):
    """What is simulated."""

    n: int | None
    runs: int
    effect: float
    alpha: float
    seed: int


def simulate_metrics(
    texts: Sequence[str], data_file: Path | None, client: str | None, truth: MetricSimulation, as_json: bool
) -> None:
    """Simulates and prints each metric."""
    from liftstream.experiment.metrics.metric import Metric
    from liftstream.experiment.metrics.simulated import simulate_metric

    try:
        metrics = [Metric.parse(text) for text in texts] or [Metric("revenue", kind="money")]
        samples = (
            _samples(data_file, metrics, client) if data_file else [(metric, None) for metric in metrics]
        )
        found = []
        for metric, sample in samples:
            n = truth.n or (USUAL_CLIENTS if sample is None else max(2, sample.n // 2))
            found.append(
                simulate_metric(
                    metric,
                    n=n,
                    runs=truth.runs,
                    effect=truth.effect,
                    alpha=truth.alpha,
                    data=sample,
                    seed=truth.seed,
                )
            )
    except ValueError as error:
        raise UsageError(f"simulate: {in_options(str(error))}") from None
    if as_json:
        print_json({"results": [one.to_dict() for one in found]})
    else:
        _print(found, truth.alpha)


def _samples(path: Path, metrics: list[Any], client: str | None) -> list[tuple[Any, Any]]:
    """The clients of a file, whatever their arm."""
    from liftstream.experiment.metrics.outcomes import read_outcomes
    from liftstream.experiment.metrics.scorecard import find_kind, sample_of

    table = read_table(str(path))
    mark = decimal_mark(table, [name for metric in metrics for name in metric.columns], str(path))
    rows = len(next(iter(table.columns.values())))
    columns = {**table.columns, "arm": ["original"] * rows}
    read = read_outcomes(columns, metrics, client=client, decimal=mark)
    known = [metric if metric.kind else metric.of_kind(find_kind(metric, read)) for metric in metrics]
    return [(metric, sample_of(metric, read)) for metric in known]


def _print(found: Sequence[Any], alpha: float) -> None:
    for one in found:
        asked = "holds at its margin" if one.role == "guard" else "improves"
        what = f"{one.metric} ({one.kind}, {one.method}): {one.runs:,} experiments of {one.n_per_arm:,} clients per arm"
        if one.band is None:
            click.echo(
                f"{what}, true difference {one.effect:g}: {100 * one.rate:.2f} % found at one-sided alpha {alpha:g}"
            )
            continue
        band = f"at most {100 * one.band.max_rate:.1f} % is within the 99.9 % band"
        click.echo(
            f"{what}, no improvement: {100 * one.rate:.2f} % say it {asked}, expected {100 * one.expected:g} %; {band}: "
            f"{'within' if one.within else 'OUTSIDE'}"
        )
