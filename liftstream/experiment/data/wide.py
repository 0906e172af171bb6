"""A wide file, with one column per arm: each cell is a client of that arm."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from liftstream.experiment.arguments import refuse
from liftstream.experiment.data.columns import Columns
from liftstream.experiment.data.notices import PERSON
from liftstream.experiment.data.numbers import numbers


def from_wide(
    columns: Any, arms: Sequence[str] | None = None, *, decimal: str = "."
) -> tuple[dict[str, Any], int]:
    """Columns `arm` and `revenue`, and the cells that were blank (arms of different length end in blanks).

    >>> from_wide({"original": [1, 2, None], "candidate": [3, 4, 5]})[1]
    1

    Args:
        arms: the columns that are arms; default: all.

    Raises:
        ValueError: a column is named as those of ids are, and `arms` does not say that it is an arm; or holds no numbers.
    """
    table = Columns(columns, ragged=True)
    names = list(arms or table.names)
    if arms is None and (ids := [name for name in names if PERSON.match(name.strip()) or name == "client"]):
        refuse(
            "arms",
            ids[0],
            "columns of money alone: in a wide table each cell is a client; leave columns of ids out",
        )
    values = {name: numbers(table.need(name), name, decimal) for name in names}
    kept = {name: value[~np.isnan(value)] for name, value in values.items()}
    blank = sum(value.size for value in values.values()) - sum(value.size for value in kept.values())
    of_arm = np.repeat(np.array(names, dtype=object), [value.size for value in kept.values()])
    return {"arm": of_arm, "revenue": np.concatenate(list(kept.values()))}, blank
