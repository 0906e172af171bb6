"""What to point out about data before anybody believes them: what was done with blanks, ids that repeat, arms of one name."""

import re

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.checks.check import Check
from liftstream.experiment.data.blanks import Blanks
from liftstream.experiment.data.columns import Columns, Texts, texts

PERSON = re.compile(
    r"(?i)^((user|client|customer|member|visitor|account|player|person|people|buyer|subscriber|shopper|guest|patient|unit)"
    r"[ _-]?(id|uuid|key|nr|no|number|hash)?s?|uid|uuid|guid|id)$"
)
"""What a column that identifies people is called."""
SHOWN_MOST = 5


def notices(
    table: Columns,
    blanks: Blanks,
    arms: Texts,
    client: str | None,
    keep: NDArray[np.bool_],
    used: set[str | None],
) -> tuple[Check, ...]:
    """All that there is to say."""
    repeats = repeating_id(table, keep, used) if client is None else None
    return tuple(check for check in (repeats, blanks_told(blanks), arms_alike(arms)) if check is not None)


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
    said = "; ".join(f"{rows:,} {what}" for what, rows in blanks.counts.items())
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
