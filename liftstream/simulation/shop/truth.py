"""How clients of the shop truly behave: P(interested) = sigmoid(intercept + coefficients . features)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from liftstream.contracts.features import FEATURES, PRODUCTS

Floats = NDArray[np.float64]
Bits = NDArray[np.uint8]

ROWS_AT_ONCE = 16_384
"""Rows converted to float64 at a time: a million clients at once would take 900 MB."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The shop's purchase behaviour.

    Attributes:
        intercept: log-odds of interest when every feature is 0.
        coefficients: log-odds per unit, in the order of `FEATURES`.
        message_order: the product names in the order in which the shop's own files and messages name them.
    """

    intercept: float
    coefficients: Floats
    message_order: tuple[str, ...]

    def interest(self, features: NDArray[np.generic]) -> Floats:
        """P(interested) of each client.

        Args:
            features: shape (clients, features), columns in the order of `FEATURES`.
        """
        log_odds = np.empty(len(features))
        for start in range(0, len(features), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            log_odds[rows] = features[rows].astype(np.float64) @ self.coefficients
        probability: Floats = expit(log_odds + self.intercept)
        return probability


@cache
def load_truth() -> Truth:
    """The truth that ships with the package, `liftstream/simulation/shop/truth.json`."""
    content = msgspec.json.decode(files(__package__).joinpath("truth.json").read_bytes())
    coefficients = np.array([content["coefficients"][name] for name in FEATURES])
    coefficients.setflags(write=False)
    order = tuple(name for name in content["feature_order"] if name in PRODUCTS)
    return Truth(content["intercept"], coefficients, order)
