"""The card of a trained model, with the golden rows that every worker scores again at its start."""

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.model_card import CardFeature, GoldenRow

Matrix = NDArray[Any]

GOLDEN_ROWS: Final = 16


def feature_ranges(names: Sequence[str], matrix: Matrix) -> list[CardFeature]:
    """Each input with the smallest and largest value it was trained on.

    Args:
        names: of the inputs.
        matrix: shape (rows, inputs), columns in the order of `names`.
    """
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    return [CardFeature(name, float(low[i]), float(high[i])) for i, name in enumerate(names)]


def golden_rows(
    names: Sequence[str], matrix: Matrix, score: NDArray[np.float64], threshold: float
) -> list[GoldenRow]:
    """Rows from the lowest score to the highest; half of them are the nearest to the threshold.

    Args:
        names: of the inputs.
        matrix: shape (rows, inputs), columns in the order of `names`.
        score: of the trained model, by row.
        threshold: the score that decides.
    """
    return [
        GoldenRow(dict(zip(names, matrix[i].astype(float).tolist(), strict=True)), float(score[i]))
        for i in golden_places(score, threshold)
    ]


def golden_places(score: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """The places of those rows."""
    order = np.argsort(score, kind="stable")
    spread = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS // 2).astype(np.int64)]
    near = np.argsort(np.abs(score - threshold), kind="stable")
    nearest = near[~np.isin(near, spread)][: GOLDEN_ROWS - len(spread)]
    return np.concatenate([spread, nearest])


def to_json(document: Any) -> bytes:
    """JSON with one line per key, and per element of a list of objects: long enough to read, short enough to
    compare."""
    plain = msgspec.to_builtins(document)
    lines = [f" {json.dumps(key)}: {_value(value)}" for key, value in plain.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {json.dumps(item)}" for item in value) + "\n ]"
    if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
        return "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n }"
    return json.dumps(value)
