"""Made-up clients: the bytes of their two halves, and the decision that is right for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.prove.traffic.arithmetic import decisions
from liftstream.simulation.shop.records import demographic_records, historic_records

BOUGHT = 0.2
"""Share of products bought, so that about half of the clients reach the threshold of the model."""


@dataclass(frozen=True)
class DrawnClients:
    """Clients, column by column; `values` as the model decides."""

    uuids: list[int]
    halves: tuple[list[bytes], list[bytes]]
    values: list[int]

    def __len__(self) -> int:
        return len(self.uuids)


def draw_clients(rng: np.random.Generator, uuids: Sequence[int], age: int | None = None) -> DrawnClients:
    """Clients with the uuids given, all of the same age if one is given."""
    features = (rng.random((len(uuids), len(FEATURES))) < BOUGHT).astype(np.uint8)
    features[:, 0] = rng.integers(18, 90, len(uuids)) if age is None else age
    features[:, 2] = 1 - features[:, 1]
    halves = demographic_records(uuids, features), historic_records(uuids, features)
    return DrawnClients(list(uuids), halves, decisions(features))
