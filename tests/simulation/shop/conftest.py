"""One population for all tests of the shop: big enough for narrow bands, drawn once per worker."""

import numpy as np
import pytest

from liftstream.simulation.shop.population import ShopClients, draw_clients


@pytest.fixture(scope="session")
def clients() -> ShopClients:
    return draw_clients(np.random.default_rng(7), 400_000)
