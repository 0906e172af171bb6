"""Notices about the data: what was done with blanks, ids that repeat, arms with similar names."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.checks.check import Check
from liftstream.experiment.data.blanks import Blanks
from liftstream.experiment.data.columns import Array, Codes, Columns
from liftstream.experiment.data.texts import NOBODY, Texts, texts

PERSON = re.compile(
    r"(?i)^((user|client|customer|member|visitor|account|player|person|people|buyer|subscriber|shopper|guest|patient|unit)"
    r"[ _-]?(id|uuid|key|nr|no|number|hash)?s?|uid|uuid|guid|id)$"
)
"""What a column that identifies people is called."""
SHOWN_MOST = 5
DATE_LEAST, DATE_MOST = 1900_01_01, 2100_12_31


def notices(
    table: Columns,
    blanks: Blanks,
    arms: Texts,
    client: str | None,
    keep: NDArray[np.bool_],
    used: set[str | None],
    owners: Texts | None = None,
    numbers: Mapping[str, Array] | None = None,
) -> tuple[Check, ...]:
    """All that there is to say."""
    repeats = repeating_id(table, keep, used) if client is None else None
    nobody = None if owners is None or client is None else nobody_merged(client, owners)
    dates = [dates_told(name, values) for name, values in (numbers or {}).items()]
    found = (repeats, nobody, *dates, blanks_told(blanks), arms_alike(arms))
    return tuple(check for check in found if check is not None)


def nobody_merged(name: str, owners: Texts) -> Check | None:
    """Texts that often stand for a blank are ids like any other, and so one client; that may be several."""
    several = {label: rows for label, rows in owners.counts(NOBODY).items() if rows > 1}
    if not several:
        return None
    said = ", ".join(f"{label!r} in {rows:,} rows" for label, rows in several.items())
    told = f"{name} says {said}, each counted as one client; if that means nobody, say blank_clients 'own' or 'drop'"
    return Check("nobody", "warning", told, {label: float(rows) for label, rows in several.items()})


def dates_told(name: str, values: Array) -> Check | None:
    """Whole numbers that all read as dates are hardly money."""
    known = values[np.isfinite(values)]
    if (
        known.size < 2
        or (known != np.floor(known)).any()
        or known.min() < DATE_LEAST
        or known.max() > DATE_MOST
    ):
        return None
    month, day = known % 10_000 // 100, known % 100
    if not ((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all():
        return None
    said = f"every number of {name} reads as a date, such as {known[0]:.0f}; is it the column that was meant?"
    return Check("dates", "warning", said)


def check_sizes(arms: Sequence[str], codes: Codes, notes: Sequence[Check]) -> None:
    """Every arm needs two clients to be compared.

    Raises:
        ValueError: one has fewer; the message says whether its name is almost that of another.
    """
    counts = np.bincount(codes, minlength=len(arms))
    few = [(name, int(count)) for name, count in zip(arms, counts, strict=True) if count < 2]
    if few:
        alike = "".join(f"; {note.sentence}" for note in notes if note.name == "arms")
        raise ValueError(f"{few[0][0]} must have at least 2 clients, got {few[0][1]}{alike}")


def repeating_id(table: Columns, keep: NDArray[np.bool_], used: set[str | None]) -> Check | None:
    """A column that looks like the client's and repeats, where every row is counted as a client."""
    rows = int(keep.sum())
    for name in table.names:
        if name in used or not PERSON.match(name):
            continue
        distinct = np.unique(texts(table[name], name).codes[keep]).size
        if distinct < rows:
            said = (
                f"the column {name} looks like the client's and repeats ({distinct:,} values in {rows:,} rows), yet every row "
                f"is counted as a client; name it (--client {name}) to sum the rows of a client"
            )
            return Check("rows", "warning", said, {"rows": float(rows), "values": float(distinct)})
    return None


def blanks_told(blanks: Blanks) -> Check | None:
    """What was done with blanks."""
    if not blanks.counts:
        return None
    said = "; ".join(_counted(rows, what) for what, rows in blanks.counts.items())
    return Check("blanks", "warning", said, {what: float(rows) for what, rows in blanks.counts.items()})


def arms_alike(arms: Texts) -> Check | None:
    """Names that differ only by case or blanks."""
    alike: dict[str, list[str]] = {}
    for label in arms.labels:
        alike.setdefault(" ".join(str(label).split()).casefold(), []).append(label)
    twins = [names for names in alike.values() if len(names) > 1]
    if not twins:
        return None
    said = "; ".join(" and ".join(repr(name) for name in names) for names in twins[:SHOWN_MOST])
    return Check("arms", "warning", f"arms that differ only by case or blanks are counted apart: {said}")


def _counted(rows: int, what: str) -> str:
    """`1 row left out`, `2 rows left out`."""
    things, _, done = what.partition(" ")
    return f"{rows:,} {things.removesuffix('s') if rows == 1 else things} {done}"
