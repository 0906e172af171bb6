"""The four kinds of clients, and how likely each is by a client's features."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import FEATURES

Floats = NDArray[np.float64]


class ClientKind(NamedTuple):
    """Log-odds against a lost cause.

    Attributes:
        base: of everybody.
        ages: from the first age to below the second, `at_age` is added.
        weights: added for each feature that is 1.
    """

    base: float
    ages: tuple[int, int]
    at_age: float
    weights: dict[str, float]


PERSUADABLE, SURE_THING, SLEEPING_DOG, LOST_CAUSE = range(4)
NAMES: Final = ("persuadable", "sure thing", "sleeping dog", "lost cause")
"""Buys if the offer comes; buys anyway; buys if no offer comes; does not buy."""

LOG_ODDS: Final = (
    ClientKind(-2.5, (0, 30), 1.8, {"cat3": 1.7, "cat12": 0.4, "woman": 0.6}),
    ClientKind(-1.5, (40, 200), 0.4, {"man": 1.2, "cat5": 1.0, "cat40": 0.5}),
    ClientKind(-2.6, (30, 200), 0.6, {"cat8": 2.2, "cat31": 0.4}),
)
"""Men are mostly sure things: who offers to them, as the original system does, pays for what they do anyway."""

AGE: Final = FEATURES.index("age")


def chances_of(features: NDArray[np.uint8]) -> Floats:
    """The chance of each kind: shape (clients, 4).

    Args:
        features: shape (clients, features), columns in the order of `FEATURES`.
    """
    odds = np.ones((len(features), len(NAMES)))
    age = features[:, AGE]
    for number, kind in enumerate(LOG_ODDS):
        log_odds = np.full(len(features), kind.base)
        log_odds[(age >= kind.ages[0]) & (age < kind.ages[1])] += kind.at_age
        for name, weight in kind.weights.items():
            log_odds[features[:, FEATURES.index(name)] == 1] += weight
        odds[:, number] = np.exp(log_odds)
    found: Floats = odds / odds.sum(axis=1, keepdims=True)
    return found
