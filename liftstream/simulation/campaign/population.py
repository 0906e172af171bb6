"""Clients of the campaign: the shop's features, what kind each is, and what it spends with the offer and without."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.campaign.kinds import PERSUADABLE, SLEEPING_DOG, SURE_THING, chances_of
from liftstream.simulation.campaign.money import COST, USUAL, VALUE
from liftstream.simulation.shop.customers import Decisions, Rows
from liftstream.simulation.shop.population import FIRST_UUID, MAN_COLUMN, draw_features
from liftstream.simulation.shop.truth import Bits, Floats


@dataclass(frozen=True, eq=False)
class CampaignClients:
    """Row i of every array is client i.

    Attributes:
        uuid: int64, distinct.
        features: uint8, shape (clients, features), columns in the order of `FEATURES`.
        chances: of each kind, shape (clients, 4).
        kind: what the client is; the same in every session.
    """

    uuid: np.ndarray[tuple[int], np.dtype[np.int64]]
    features: Bits
    chances: Floats
    kind: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.uuid)

    @property
    def man(self) -> Bits:
        """What the original system decides: the offer goes to men."""
        return self.features[:, MAN_COLUMN]

    @property
    def uplift(self) -> Floats:
        """What the offer changes in the chance to buy."""
        change: Floats = self.chances[:, PERSUADABLE] - self.chances[:, SLEEPING_DOG]
        return change

    @property
    def value_of_showing(self) -> Floats:
        """Expected $ that the offer adds."""
        return VALUE * self.uplift - COST

    def buys(self, shown: Decisions, rows: Rows = slice(None)) -> NDArray[np.bool_]:
        """Who of some clients buys, given whether the offer came."""
        kind, offered = self.kind[rows], np.asarray(shown, dtype=bool)
        bought: NDArray[np.bool_] = (
            (kind == SURE_THING) | (offered & (kind == PERSUADABLE)) | (~offered & (kind == SLEEPING_DOG))
        )
        return bought

    def spend(self, rows: Rows, shown: Decisions, luck: Floats) -> Floats:
        """Money spent in $ and whole cents in sessions of these clients, the offer's cost taken off."""
        offered = np.asarray(shown, dtype=np.float64)
        expected = USUAL + VALUE * self.buys(shown, rows) - COST * offered
        money: Floats = np.round(expected * luck, 2)
        return money


def draw_clients(rng: np.random.Generator, count: int, first_uuid: int = FIRST_UUID) -> CampaignClients:
    """`count` new clients with uuids from `first_uuid` on."""
    features_rng, kind_rng = rng.spawn(2)
    features = draw_features(features_rng, count)
    chances = chances_of(features)
    place = kind_rng.random((count, 1))
    kind = (np.cumsum(chances, axis=1)[:, :-1] < place).sum(axis=1)
    return CampaignClients(np.arange(first_uuid, first_uuid + count), features, chances, kind)
