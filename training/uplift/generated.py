"""Clients of a past experiment of the simulated campaign: half of them got the offer, drawn by chance."""

from typing import Final

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.simulation.campaign.money import COST, VALUE
from liftstream.simulation.campaign.population import CampaignClients, draw_clients
from training.uplift.clients import Clients
from training.uplift.judging import ValueAndCost
from training.uplift.tree.tree import Bits

ROWS: Final = 200_000
PAST: Final = 4
"""Part of the seed, so that the past clients differ from those of a demo or a test with the same seed."""
MONEY: Final = ValueAndCost(VALUE, COST)


def simulate(rows: int, seed: int) -> Clients:
    """`rows` clients with what they bought."""
    rng = np.random.default_rng([PAST, seed])
    people = draw_clients(rng, rows)
    return as_clients(people, rng.integers(0, 2, rows).astype(np.uint8))


def as_clients(people: CampaignClients, treatment: Bits) -> Clients:
    """People of the campaign as training clients, given who got the offer."""
    table = {name: people.features[:, number].astype(np.float64) for number, name in enumerate(FEATURES)}
    bought = people.buys(treatment).astype(np.float64)
    return Clients(table, treatment, bought, "simulated campaign", people.uplift)
