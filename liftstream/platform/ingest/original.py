"""The original system: the shop's own rule, exported as PMML, decides for its arm from a client's demographic
record."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import ModelUnfit
from liftstream.contracts.features import DEMOGRAPHIC
from liftstream.contracts.model_card import read_card
from liftstream.contracts.places import find_model

RULE: Final = Path("pmml/original.pmml")
Columns = Mapping[str, NDArray[np.float64]]
Original = Callable[[Columns], list[int]]
"""Columns by the names of `contracts.features.DEMOGRAPHIC` -> 1 (show) or 0, one per client."""


def load_original() -> Original:
    """The rule of `RULE`.

    Raises:
        InputError, ModelError: there is none, or it cannot be served.
        ModelUnfit: it asks for more than the demographic record holds.
    """
    from liftstream import scoring

    file = find_model(RULE)
    card = read_card(file, file.read_bytes())
    threshold = 0.5 if card is None else card.threshold
    scorer = scoring.load(file)
    missing = [name for name in scorer.inputs if name not in DEMOGRAPHIC]
    if missing:
        raise ModelUnfit(
            f"{file}: asks for {', '.join(missing[:3])}; the original system decides from {', '.join(DEMOGRAPHIC)}"
        )

    def decide(columns: Columns) -> list[int]:
        scores = scorer.scores({name: columns[name] for name in scorer.inputs})
        return [int(score >= threshold) for score in scores]

    return decide
