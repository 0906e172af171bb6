"""Clients with several numbers each: what `analyze` needs for several metrics, covariates and segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.experiment.arguments import one_of
from liftstream.experiment.checks.check import Check
from liftstream.experiment.data.blanks import BLANK_REVENUE_HINT, Blanks, fill_zero, finite, named, owned
from liftstream.experiment.data.client_data import CROSSED, client_column, only_used, owners_of, per_client
from liftstream.experiment.data.columns import Array, Codes, Columns
from liftstream.experiment.data.notices import notices
from liftstream.experiment.data.numbers import numbers
from liftstream.experiment.data.texts import texts
from liftstream.experiment.metrics.metric import Metric

SEGMENTS_MOST = 200


@dataclass(frozen=True)
class Outcomes:
    """The clients of an experiment."""

    arm: Codes
    arms: tuple[str, ...]
    sums: Mapping[str, Array]
    """A number per client by column, summed over its rows."""
    firsts: Mapping[str, Array]
    """The number of a client's first row, for columns known before."""
    segments: Mapping[str, tuple[Codes, tuple[str, ...]]]
    """Codes of each client and labels, by column."""
    rows: int
    dropped: int
    crossed: int
    seen_first: bool
    notes: tuple[Check, ...]

    @property
    def clients(self) -> int:
        """The number of clients of all arms."""
        return int(self.arm.size)


def read_outcomes(
    columns: Any,
    metrics: Sequence[Metric],
    *,
    arm: str = "arm",
    client: str | None = None,
    by: Sequence[str] = (),
    drop_missing: bool = False,
    blank_clients: str | None = None,
    blank_revenue: str | None = None,
    crossed: str = "drop",
    decimal: str = ".",
) -> Outcomes:
    """Clients from named columns, as `read_clients` reads them, for several metrics.

    Args:
        by: columns of segments; the first row of a client counts.
        blank_revenue: what a blank of any metric means: `drop` its row, or `zero`.

    Raises:
        ValueError: a column is missing, or rows hold no number; the message names column, row and value.
    """
    one_of("crossed", crossed, CROSSED)
    table = Columns(columns)
    blanks = Blanks.of(drop_missing, blank_clients, blank_revenue)
    client = client_column(table, client)
    arms = texts(table.need(arm), arm)
    keep = named(arm, arms, blanks)
    added = {name for metric in metrics for name in (metric.column, metric.denominator) if name}
    known = {part for metric in metrics for covariate in metric.covariates for part in covariate.split("/")}
    values: dict[str, Array] = {}
    for name in sorted(added | known):
        values[name] = numbers(table.need(name), name, decimal, blanks.count)
        if name in added:
            values[name] = fill_zero(blanks, name, values[name])
        rule = blanks.revenue if name in added else blanks.others
        keep &= finite(name, values[name], rule, BLANK_REVENUE_HINT)
    owners = None if client is None else blanks.owners(texts(table.need(client), client))
    if client is not None and owners is not None:
        keep &= owned(client, owners, blanks)
    blanks.count("rows with a blank left out", int((~keep).sum()))
    labels, codes = only_used(arms, keep)
    found = per_client(owners_of(owners, keep.size), codes, keep, crossed)
    used: set[str | None] = {arm, *added, *known, *by}
    return Outcomes(
        arm=codes[found.first],
        arms=labels,
        sums={name: found.sums(values[name][keep]) for name in sorted(added)},
        firsts={name: values[name][found.first] for name in sorted(known)},
        segments={name: _segments(table, name, found.first) for name in by},
        rows=int(keep.size),
        dropped=int((~keep).sum()),
        crossed=found.crossed,
        seen_first=crossed == "first",
        notes=notices(
            table,
            blanks,
            arms,
            client,
            keep,
            used,
            owners,
            {name: values[name][keep] for name in sorted(added)},
        ),
    )


def _segments(table: Columns, name: str, first: Codes) -> tuple[Codes, tuple[str, ...]]:
    """A blank is a segment of its own."""
    found = texts(table.need(name), name)
    if len(found.labels) > SEGMENTS_MOST:
        raise ValueError(
            f"{name} has {len(found.labels):,} values; segments may have {SEGMENTS_MOST}: group them in the data first"
        )
    codes = np.where(found.blank, len(found.labels), found.codes)[first]
    return codes, (*map(str, found.labels), "(blank)")
