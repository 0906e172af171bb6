"""Rows of a file or frame become clients: one number per client, its arm, its covariate, in order of arrival.

A client who buys twice is one observation. Unusable rows are counted and named, never skipped silently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import one_of, refuse
from liftstream.experiment.checks.check import Check
from liftstream.experiment.data.blanks import Blanks, fill_zero, usable
from liftstream.experiment.data.columns import Array, Codes, Columns
from liftstream.experiment.data.notices import notices
from liftstream.experiment.data.numbers import numbers
from liftstream.experiment.data.texts import Texts, texts

USUAL_CLIENTS = ("client", "uuid")
"""Columns that are taken for the client's, where none is named."""
CROSSED = ("drop", "first")


@dataclass(frozen=True)
class ClientData:
    """The clients of an experiment, in order of arrival."""

    arm: Codes
    """Index into `arms`."""
    arms: tuple[str, ...]
    revenue: Array
    """$ per client."""
    covariate: Array | None
    look: Codes | None
    """The look that counted the client first, where the data say so."""
    rows: int
    dropped: int
    """Rows that were left out, because a cell is blank."""
    crossed: int
    """Clients seen in more than one arm: left out, or counted where they were first."""
    notes: tuple[Check, ...] = ()
    """What is worth knowing about the data before anybody believes them."""
    seen_first: bool = False
    """Whether clients of several arms count in their first."""
    guards: Mapping[str, Array] = field(default_factory=dict)
    """A number per client by guard, if the plan has guards."""

    @property
    def clients(self) -> int:
        """The number of clients of all arms."""
        return int(self.arm.size)

    def who(self, arm: str) -> NDArray[np.bool_]:
        """Which clients are in an arm; nobody in one that never came."""
        return np.asarray(self.arm == (self.arms.index(arm) if arm in self.arms else -1))

    def of(self, arm: str) -> Array:
        """Money of the clients of an arm."""
        return self.revenue[self.who(arm)]

    def only(self, some: NDArray[np.bool_]) -> "ClientData":
        """Some of the clients."""
        return replace(
            self,
            arm=self.arm[some],
            revenue=self.revenue[some],
            covariate=None if self.covariate is None else self.covariate[some],
            look=None if self.look is None else self.look[some],
            guards={name: values[some] for name, values in self.guards.items()},
        )


def read_clients(
    columns: Mapping[str, Any] | Any,
    *,
    arm: str = "arm",
    revenue: str = "revenue",
    covariate: str | None = None,
    client: str | None = None,
    look: str | None = None,
    drop_missing: bool = False,
    blank_clients: str | None = None,
    blank_revenue: str | None = None,
    crossed: str = "drop",
    decimal: str = ".",
    guards: Sequence[str] = (),
) -> ClientData:
    """Clients from named columns: a dictionary of arrays, a pandas or polars frame, an Arrow table.

    Args:
        arm: column with the name of the arm.
        revenue: column with money in $; several rows of a client are summed.
        covariate: column with what was known before; the first row of a client counts.
        client: column that identifies the client; by default `client` or `uuid`, where there is one; "" for none, then
            every row is a client.
        look: column with the number of the look that counted the client first.
        drop_missing: leave out every row with a blank; otherwise they are refused.
        blank_clients: `drop` the rows whose client is blank, or let each be a client of its `own`.
        blank_revenue: `drop` the rows whose money is blank, or take it as `zero` (clients without a purchase in a LEFT JOIN).
        crossed: `drop` clients seen in more than one arm, or count them in the `first`.
        decimal: mark of decimals in numbers that are written as text.
        guards: columns of a plan's guards; several rows of a client are summed, and blanks are as those of money.

    Raises:
        ValueError: a column is missing, rows hold no number (counted, the first named), or there is nothing.
    """
    one_of("crossed", crossed, CROSSED)
    table = Columns(columns)
    blanks = Blanks.of(drop_missing, blank_clients, blank_revenue)
    client = client_column(table, client)
    names = texts(table.need(arm), arm)
    money = numbers(table.need(revenue), revenue, decimal, blanks.count)
    known = None if covariate is None else numbers(table.need(covariate), covariate, decimal)
    looks = None if look is None else numbers(table.need(look), look, decimal)
    watched = {
        name: fill_zero(blanks, name, numbers(table.need(name), name, decimal, blanks.count))
        for name in guards
    }
    owners = None if client is None else blanks.owners(texts(table.need(client), client))
    money, keep = usable(
        blanks,
        arm=(arm, names),
        client=(client, owners),
        revenue=(revenue, money),
        others={covariate: known, look: looks},
        guards=watched,
    )
    arms, codes = only_used(names, keep)
    found = per_client(owners_of(owners, money.size), codes, keep, crossed)
    total = found.sums(money[keep])
    return ClientData(
        arm=codes[found.first],
        arms=arms,
        revenue=total,
        covariate=None if known is None else known[found.first],
        look=None if looks is None else looks[found.first].astype(np.int64),
        rows=int(money.size),
        dropped=int((~keep).sum()),
        crossed=found.crossed,
        notes=notices(
            table,
            blanks,
            names,
            client,
            keep,
            {arm, revenue, covariate, look, *guards},
            owners,
            {revenue: money[keep]},
        ),
        seen_first=crossed == "first",
        guards={name: found.sums(values[keep]) for name, values in watched.items()},
    )


def client_column(table: Columns, client: str | None) -> str | None:
    """The column that identifies the client."""
    if client is None:
        return next((name for name in USUAL_CLIENTS if name in table), None)
    return client or None


def owners_of(owners: Texts | None, rows: int) -> Codes:
    """The client of each row; a row without a name is a client of its own."""
    own = np.arange(rows, dtype=np.int64)
    return own if owners is None else np.where(owners.blank, len(owners.labels) + own, owners.codes)


def only_used(names: Texts, keep: NDArray[np.bool_]) -> tuple[tuple[str, ...], Codes]:
    """Arms that a row is left of, and the arm of each row; the codes of other rows mean nothing."""
    first = np.full(len(names.labels), names.codes.size, dtype=np.int64)
    rows = np.flatnonzero(keep)
    np.minimum.at(first, names.codes[rows], rows)
    used = [code for code in np.argsort(first, kind="stable").tolist() if first[code] < names.codes.size]
    new = np.zeros(max(1, len(names.labels)), dtype=np.int64)
    new[used] = np.arange(len(used))
    return tuple(names.labels[code] for code in used), new[np.maximum(names.codes, 0)]


@dataclass(frozen=True)
class PerClient:
    """The rows of each client."""

    first: Codes
    """Row of each client's first appearance, in order of arrival."""
    of_row: Codes
    """The client of each usable row; -1 where it is left out."""
    crossed: int

    def sums(self, values: Array) -> Array:
        """A number per client, summed over its usable rows."""
        here = self.of_row >= 0
        return np.bincount(self.of_row[here], values[here], self.first.size).astype(np.float64)


def per_client(owner: Codes, codes: Codes, keep: NDArray[np.bool_], crossed: str = "drop") -> PerClient:
    """Clients of the usable rows.

    Raises:
        ValueError: no usable row, or every client was seen in more than one arm.
    """
    rows = np.flatnonzero(keep)
    if rows.size == 0:
        refuse("rows", 0, "at least one usable row")
    _, starts, dense = np.unique(owner[rows], return_index=True, return_inverse=True)
    first = rows[starts]
    several = np.zeros(first.size, dtype=bool)
    several[dense[codes[rows] != codes[first[dense]]]] = True
    left = np.ones(first.size, dtype=bool) if crossed == "first" else ~several
    if not left.any():
        raise ValueError(
            f"each of the {first.size:,} clients was seen in more than one arm, so nobody is left to compare; "
            "crossed 'first' counts a client in the arm where it was first"
        )
    order = np.flatnonzero(left)[np.argsort(first[left], kind="stable")]
    rank = np.full(first.size, -1, dtype=np.int64)
    rank[order] = np.arange(order.size)
    return PerClient(first[order], rank[dense], int(several.sum()))
