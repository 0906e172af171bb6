"""Clients: independent features as the shop's history has them, and who of them is interested."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.simulation.shop.customers import Decisions, Rows
from liftstream.simulation.shop.money import revenue, value_of_showing
from liftstream.simulation.shop.truth import Bits, Floats, load_truth

BOUGHT_BEFORE: Final = 0.15
"""P(1) of every cat* and u*."""
WOMAN: Final = 0.45
YOUNGEST, OLDEST = 15, 54
FIRST_UUID: Final = 1_000_000

AGE_COLUMN: Final = FEATURES.index("age")
MAN_COLUMN: Final = FEATURES.index("man")
WOMAN_COLUMN: Final = FEATURES.index("woman")
FIRST_PRODUCT: Final = FEATURES.index(PRODUCTS[0])

DRAWS_PER_CLIENT: Final = len(PRODUCTS) + 2
CLIENTS_AT_ONCE: Final = 16_384


@dataclass(frozen=True, eq=False)
class ShopClients:
    """People who may enter the shop; row i of every array is client i.

    Attributes:
        uuid: int64, distinct.
        features: uint8, shape (clients, features), columns in the order of `FEATURES`; age in years, the rest 0/1.
        interest: P(interested) in the new category.
        interested: uint8, 1 when the client is; a property of the person, the same in every session.
    """

    uuid: np.ndarray[tuple[int], np.dtype[np.int64]]
    features: Bits
    interest: Floats
    interested: Bits

    def __len__(self) -> int:
        return len(self.uuid)

    @property
    def man(self) -> Bits:
        """1 for men: also what the original system decides."""
        return self.features[:, MAN_COLUMN]

    @property
    def value_of_showing(self) -> Floats:
        """Expected $ that showing the category adds."""
        return value_of_showing(self.interest)

    def spend(self, rows: Rows, shown: Decisions, luck: Floats) -> Floats:
        """Money spent in $ and whole cents in sessions of these clients, given the decisions and the luck."""
        return revenue(shown, self.interested[rows], luck)


def draw_features(rng: np.random.Generator, count: int) -> Bits:
    """Features of `count` new clients: uint8, shape (count, features), columns in the order of `FEATURES`.

    Every client takes the same number of draws, so a longer population begins with the shorter one of the same seed.
    """
    features = np.empty((count, len(FEATURES)), dtype=np.uint8)
    for start in range(0, count, CLIENTS_AT_ONCE):
        rows = features[start : start + CLIENTS_AT_ONCE]
        draws = rng.random((len(rows), DRAWS_PER_CLIENT), dtype=np.float32)
        rows[:, AGE_COLUMN] = YOUNGEST + np.floor(draws[:, 0] * (OLDEST - YOUNGEST + 1))
        rows[:, WOMAN_COLUMN] = draws[:, 1] < WOMAN
        rows[:, MAN_COLUMN] = 1 - rows[:, WOMAN_COLUMN]
        np.less(draws[:, 2:], BOUGHT_BEFORE, out=rows[:, FIRST_PRODUCT:], casting="unsafe")
    return features


def draw_clients(rng: np.random.Generator, count: int, first_uuid: int = FIRST_UUID) -> ShopClients:
    """`count` new clients with uuids from `first_uuid` on; a million takes about a second."""
    features_rng, interest_rng = rng.spawn(2)
    features = draw_features(features_rng, count)
    interest = load_truth().interest(features)
    interested = (interest_rng.random(count) < interest).astype(np.uint8)
    return ShopClients(np.arange(first_uuid, first_uuid + count), features, interest, interested)
