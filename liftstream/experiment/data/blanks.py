"""Rows with a blank: refused by row, unless the caller says what blanks mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import one_of
from liftstream.experiment.data.columns import Array
from liftstream.experiment.data.texts import NOBODY, Texts

LARGEST_NUMBER = 1e100
"""Sums of squares of larger ones overflow."""
BLANK_CLIENTS = ("refuse", "drop", "own")
BLANK_REVENUE = ("refuse", "drop", "zero")
BLANK_REVENUE_HINT = "blank_revenue 'zero' takes them as 0, 'drop' leaves them out"


@dataclass
class Blanks:
    """What is done with blanks, and how many there were."""

    clients: str
    revenue: str
    others: str
    counts: dict[str, int] = field(default_factory=dict)
    """Rows by what was done with them."""

    @classmethod
    def of(cls, drop_missing: bool, clients: str | None, revenue: str | None) -> "Blanks":
        """`drop_missing` leaves every row with a blank out, unless it is said otherwise."""
        usual = "drop" if drop_missing else "refuse"
        return cls(
            one_of("blank_clients", clients or usual, BLANK_CLIENTS),
            one_of("blank_revenue", revenue or usual, BLANK_REVENUE),
            usual,
        )

    def owners(self, clients: Texts) -> Texts:
        """Who says what blank clients mean, means those that are written out as well."""
        return clients if self.clients == "refuse" else clients.without(NOBODY)

    def count(self, what: str, rows: int) -> None:
        """Remembers what was done."""
        if rows:
            self.counts[what] = self.counts.get(what, 0) + rows


def usable(
    blanks: Blanks,
    *,
    arm: tuple[str, Texts],
    client: tuple[str | None, Texts | None],
    revenue: tuple[str, Array],
    others: Mapping[str | None, Array | None],
    guards: Mapping[str, Array],
) -> tuple[Array, NDArray[np.bool_]]:
    """The money of each row, and which rows are used.

    Raises:
        ValueError: a blank that is refused; the message counts the rows, names the first, and says what to type.
    """
    money = fill_zero(blanks, *revenue)
    keep = np.ones(money.size, dtype=bool)
    for name, values in {**guards, revenue[0]: money}.items():
        keep &= finite(name, values, blanks.revenue, BLANK_REVENUE_HINT)
    keep &= named(*arm, blanks)
    for other, known in others.items():
        if other is not None and known is not None:
            keep &= finite(other, known, blanks.others)
    if client[0] is not None and client[1] is not None:
        keep &= owned(client[0], client[1], blanks)
    blanks.count("rows with a blank left out", int((~keep).sum()))
    return money, keep


def fill_zero(blanks: Blanks, name: str, values: Array) -> Array:
    """Blanks as 0, where they mean that."""
    blank = np.isnan(values)
    if blanks.revenue != "zero" or not blank.any():
        return values
    blanks.count(f"blanks of {name} taken as 0", int(blank.sum()))
    return np.where(blank, 0.0, values)


def finite(name: str, values: Array, rule: str, hint: str = "") -> NDArray[np.bool_]:
    """Rows with a number.

    Raises:
        ValueError: a row holds none, or one whose square no float holds.
    """
    bad = ~np.isfinite(values)
    large = np.flatnonzero(~bad & (np.abs(values) > LARGEST_NUMBER))
    if large.size:
        row = int(large[0])
        raise ValueError(
            f"{name} must be from -{LARGEST_NUMBER:g} to {LARGEST_NUMBER:g} in every row, but row {row + 1} holds {values[row]:g}"
        )
    if rule != "drop" and bad.any():
        if np.isnan(values).any():
            _refuse(name, "be a number", bad, hint)
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"{name} must be a finite number in every row, but row {row + 1} holds {values[row]:g}"
        )
    return np.asarray(~bad)


def named(name: str, arm: Texts, blanks: Blanks) -> NDArray[np.bool_]:
    """Rows with an arm."""
    if arm.blank.any() and blanks.others != "drop":
        _refuse(name, "name an arm", arm.blank)
    return np.asarray(~arm.blank)


def owned(name: str, client: Texts, blanks: Blanks) -> NDArray[np.bool_]:
    """Rows whose client is known, or is one of its own."""
    blank = client.blank
    if not blank.any():
        return np.ones(blank.size, dtype=bool)
    if blanks.clients == "refuse":
        hint = "blank_clients 'own' counts each as a client of its own, 'drop' leaves them out"
        _refuse(name, "name a client", blank, hint)
    if blanks.clients == "drop":
        return np.asarray(~blank)
    blanks.count(f"rows without a {name} counted as clients of their own", int(blank.sum()))
    return np.ones(blank.size, dtype=bool)


def _refuse(name: str, accepted: str, bad: NDArray[np.bool_], hint: str = "") -> NoReturn:
    rows = np.flatnonzero(bad)
    told = f"; {hint}" if hint else ""
    many = "1 row has none, it" if rows.size == 1 else f"{rows.size:,} rows have none, the first"
    raise ValueError(
        f"{name} must {accepted} in every row; {many} is row {int(rows[0]) + 1} "
        f"(they can be left out: drop_missing{told})"
    )
