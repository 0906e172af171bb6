"""The card of an uplift model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_card import CardFeature, GoldenRow
from training.card import GOLDEN_ROWS
from training.uplift.clients import Clients
from training.uplift.features import Field, Floats


def ranges_of(fields: Sequence[Field]) -> list[CardFeature]:
    """The numeric fields with their ranges in training."""
    return [
        CardFeature(field.name, field.low, field.high)
        for field in fields
        if field.low is not None and field.high is not None
    ]


def texts_of(fields: Sequence[Field]) -> dict[str, list[str]]:
    """The text fields with the values that have a column."""
    return {field.name: list(field.values) for field in fields if field.values}


def serves(fields: Sequence[Field]) -> Any:
    """`pipeline` if the two topics have every field, otherwise `files`."""
    return "pipeline" if all(field.name in FEATURES for field in fields) else "files"


def golden_rows(fields: Sequence[Field], clients: Clients, score: Floats) -> list[GoldenRow]:
    """Clients from the lowest score to the highest, with every score if they are few; missing inputs are left out."""
    _, first = np.unique(score, return_index=True)
    spread = np.linspace(0, len(first) - 1, min(GOLDEN_ROWS, len(first))).astype(np.int64)
    return [
        GoldenRow(_inputs(fields, clients, int(row)), float(score[row])) for row in first[np.unique(spread)]
    ]


def _inputs(fields: Sequence[Field], clients: Clients, row: int) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for field in fields:
        value = clients.table[field.name][row]
        if field.values and value is not None:
            found[field.name] = str(value)
        elif not field.values and np.isfinite(value):
            found[field.name] = float(value)
    return found
