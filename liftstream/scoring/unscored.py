"""Why rows without a prediction have none, where the model itself did not say."""

from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Column, is_missing
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.fields.inputs import Inputs
from liftstream.scoring.fields.treatment import validity

PATTERNS: Final = 100
NAMED: Final = 5


def explain_missing(value: Column, inputs: Inputs, batch: Batch) -> None:
    """Gives every row whose prediction is missing a reason: which of its inputs has a value that is not declared, or
    are missing."""
    silent = is_missing(value) & batch.sound
    if not silent.any():
        return
    for one in inputs.given:
        column, valid = batch.column(one.symbol.slot), validity(one.rule)
        if valid is not None:
            strange = silent & ~valid(column) & ~is_missing(column)
            batch.reject(
                strange, f"the model gives no prediction where {one.symbol.name} is no declared value"
            )
    rows = np.flatnonzero(silent)
    gaps = np.stack([is_missing(batch.column(slot))[rows] for slot in inputs.slots], axis=1)
    patterns, which = np.unique(gaps, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns[:PATTERNS]):
        here = np.zeros(batch.rows, dtype=bool)
        here[rows[which.reshape(-1) == number]] = True
        batch.reject(here, _reason([name for name, gone in zip(inputs.names, pattern, strict=True) if gone]))
    batch.reject(silent, _reason([]))


def _reason(missing: list[str]) -> str:
    if not missing:
        return "the model gives no prediction for these values"
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return f"the model gives no prediction where {', '.join(missing[:NAMED])}{more} is missing"
