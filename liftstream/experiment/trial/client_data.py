"""Rows of a file or frame become clients: one number per client, its arm, its covariate, in order of arrival.

A client who buys twice is one observation. What cannot be used is counted and named by row, never passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import refuse

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClientData:
    """The clients of an experiment, in order of arrival."""

    arm: NDArray[np.int64]
    """Index into `arms`."""
    arms: tuple[str, ...]
    revenue: Array
    """$ per client."""
    covariate: Array | None
    look: NDArray[np.int64] | None
    """The look that counted the client first, where the data say so."""
    rows: int
    dropped: int
    """Rows without a number that were left out."""
    crossed: int
    """Clients seen in more than one arm, left out."""

    @property
    def clients(self) -> int:
        """Of all arms."""
        return int(self.arm.size)

    def of(self, arm: str) -> Array:
        """Money of the clients of an arm."""
        money: Array = self.revenue[self.arm == self.arms.index(arm)]
        return money

    def only(self, some: NDArray[np.bool_]) -> "ClientData":
        """Some of the clients."""
        return replace(
            self,
            arm=self.arm[some],
            revenue=self.revenue[some],
            covariate=None if self.covariate is None else self.covariate[some],
            look=None if self.look is None else self.look[some],
        )

    def covariate_of(self, arm: str) -> Array | None:
        """Covariate of the clients of an arm."""
        return None if self.covariate is None else self.covariate[self.arm == self.arms.index(arm)]


def read_clients(
    columns: Mapping[str, Any],
    *,
    arm: str = "arm",
    revenue: str = "revenue",
    covariate: str | None = None,
    client: str | None = None,
    look: str | None = None,
    drop_missing: bool = False,
) -> ClientData:
    """Clients from named columns: a dictionary of arrays, or a data frame.

    Args:
        arm: column with the name of the arm.
        revenue: column with money in $; several rows of a client are summed.
        covariate: column with what was known before; the first row of a client counts.
        client: column that identifies the client; without it every row is a client.
        look: column with the number of the look that counted the client first.
        drop_missing: leave out rows without a number; otherwise they are refused.

    Raises:
        ValueError: a column is missing, rows hold no number (counted, the first named), or there is nothing.
    """
    needed = [name for name in (arm, revenue, covariate, client, look) if name]
    for name in needed:
        if name not in columns:
            has = ", ".join(map(str, columns))
            raise ValueError(f"there is no column {name!r}; the columns are {has}")
    names, codes = encode(columns[arm])
    money = _numbers(columns, revenue)
    known = None if covariate is None else _numbers(columns, covariate)
    looks = None if look is None else _numbers(columns, look)
    keep = _usable({revenue: money, covariate: known, look: looks}, drop_missing)
    keep &= _with_arm(arm, names, codes, drop_missing)
    names, codes = _only_used(names, codes, keep)
    owner = np.arange(money.size, dtype=np.int64) if client is None else encode(columns[client])[1]
    found = _per_client(owner[keep], codes[keep], money[keep])
    first = np.flatnonzero(keep)[found.first]
    return ClientData(
        arm=codes[first],
        arms=tuple(str(name) for name in names),
        revenue=found.money,
        covariate=None if known is None else known[first],
        look=None if looks is None else looks[first].astype(np.int64),
        rows=int(money.size),
        dropped=int((~keep).sum()),
        crossed=found.crossed,
    )


def encode(values: Any) -> tuple[list[Any], NDArray[np.int64]]:
    """Distinct values in order of appearance, and the index of each value among them."""
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    index: dict[Any, int] = {}
    codes = np.fromiter((index.setdefault(item, len(index)) for item in items), np.int64, len(items))
    return list(index), codes


@dataclass(frozen=True)
class _Clients:
    first: NDArray[np.int64]
    """Row of the client's first appearance."""
    money: Array
    crossed: int


def _per_client(owner: NDArray[np.int64], codes: NDArray[np.int64], money: Array) -> _Clients:
    if owner.size == 0:
        refuse("rows", 0, "at least one usable row")
    count = int(owner.max()) + 1
    first = np.full(count, -1, dtype=np.int64)
    first[owner[::-1]] = np.arange(owner.size - 1, -1, -1)  # the last write is the first row
    total: Array = np.bincount(owner, weights=money, minlength=count).astype(np.float64)
    crossed = np.zeros(count, dtype=bool)
    crossed[owner[codes != codes[first[owner]]]] = True
    used = np.flatnonzero((first >= 0) & ~crossed)
    used = used[np.argsort(first[used], kind="stable")]
    return _Clients(first[used], total[used], int(crossed.sum()))


def _numbers(columns: Mapping[str, Any], name: str) -> Array:
    try:
        return np.asarray(columns[name], dtype=np.float64).ravel()
    except (TypeError, ValueError):
        values = list(columns[name])
    for row, value in enumerate(values, start=1):
        try:
            float(value if value is not None else "nan")
        except (TypeError, ValueError):
            refuse(name, value, f"a number in every row, but row {row} holds a text")
    return np.asarray([np.nan if value is None else float(value) for value in values])


def _with_arm(
    column: str, names: list[Any], codes: NDArray[np.int64], drop_missing: bool
) -> NDArray[np.bool_]:
    """Rows that name an arm."""
    nameless = [code for code, name in enumerate(names) if name is None or name != name or str(name) == ""]
    bad = np.isin(codes, nameless)
    if bad.any() and not drop_missing:
        raise ValueError(
            f"{column} must name an arm in every row; {int(bad.sum())} rows have none, the first is row "
            f"{int(np.flatnonzero(bad)[0]) + 1} (they can be left out: drop_missing)"
        )
    return ~bad


def _only_used(
    names: list[Any], codes: NDArray[np.int64], keep: NDArray[np.bool_]
) -> tuple[list[Any], NDArray[np.int64]]:
    """Arms that a row is left of; the codes of the other rows mean nothing afterwards."""
    used = np.unique(codes[keep])
    new = np.zeros(len(names), dtype=np.int64)
    new[used] = np.arange(used.size)
    return [names[code] for code in used], new[codes]


def _usable(named: Mapping[str | None, Array | None], drop_missing: bool) -> NDArray[np.bool_]:
    present = {name: values for name, values in named.items() if name is not None and values is not None}
    keep = np.ones(next(iter(present.values())).size, dtype=bool)
    for name, values in present.items():
        bad = ~np.isfinite(values)
        if bad.any() and not drop_missing:
            row = int(np.flatnonzero(bad)[0])
            refuse(
                str(name),
                float(values[row]),
                f"a number in every row; {int(bad.sum())} rows have none, the first is row {row + 1} "
                "(they can be left out: drop_missing)",
            )
        keep &= ~bad
    return keep
