"""Made-up clients: the bytes of their two halves, and the decision that is right for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.prove.arithmetic import AGE_WITHOUT_SCORE, decisions
from liftstream.shop.records import demographic_records, historic_records

BOUGHT = 0.2
"""So that about half of the clients reach the threshold of the model."""


@dataclass(frozen=True)
class Clients:
    """Clients, column by column; `values` as the model decides."""

    uuids: list[int]
    halves: tuple[list[bytes], list[bytes]]
    values: list[int]

    def __len__(self) -> int:
        return len(self.uuids)


def draw_clients(rng: np.random.Generator, uuids: Sequence[int], *, without_score: bool = False) -> Clients:
    """Clients with the uuids given; `without_score`: of an age that the model declares invalid."""
    features = (rng.random((len(uuids), len(FEATURES))) < BOUGHT).astype(np.uint8)
    features[:, 0] = AGE_WITHOUT_SCORE if without_score else rng.integers(18, 90, len(uuids))
    features[:, 2] = 1 - features[:, 1]
    halves = demographic_records(uuids, features), historic_records(uuids, features)
    return Clients(list(uuids), halves, decisions(features))
