"""The published facts of the historical data, each within five standard errors of 400,000 draws."""

import numpy as np
import pytest

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.simulation.shop.population import FIRST_PRODUCT, ShopClients, draw_clients


def five_errors(probability: float, count: int) -> float:
    return 5 * float(np.sqrt(probability * (1 - probability) / count))


def test_nearly_half_of_the_clients_are_interested(clients: ShopClients) -> None:
    assert clients.interest.mean() == pytest.approx(0.4822, abs=5e-4 + 5 * clients.interest.std() / 632)
    assert clients.interested.mean() == pytest.approx(0.4822, abs=5e-4 + five_errors(0.4822, len(clients)))


@pytest.mark.parametrize(("man", "interested"), [(1, 0.6041), (0, 0.3332)])
def test_men_are_interested_more_often_than_women(clients: ShopClients, man: int, interested: float) -> None:
    theirs = clients.interest[clients.man == man]
    assert theirs.mean() == pytest.approx(interested, abs=5e-4 + 5 * theirs.std() / np.sqrt(len(theirs)))


def test_nobody_can_guess_interest_better_than_0_7734(clients: ShopClients) -> None:
    best = np.maximum(clients.interest, 1 - clients.interest)
    assert best.mean() == pytest.approx(0.7734, abs=5e-4 + 5 * best.std() / np.sqrt(len(clients)))


def test_features_have_their_shares_and_ages_their_range(clients: ShopClients) -> None:
    column = dict(zip(FEATURES, clients.features.T, strict=True))
    assert np.array_equal(column["man"] + column["woman"], np.ones(len(clients)))
    assert column["woman"].mean() == pytest.approx(0.45, abs=five_errors(0.45, len(clients)))
    shares = clients.features[:, FIRST_PRODUCT:].mean(axis=0)
    assert np.all(np.abs(shares - 0.15) < five_errors(0.15, len(clients)))
    ages, counts = np.unique(column["age"], return_counts=True)
    assert ages.tolist() == list(range(15, 55))
    assert np.all(np.abs(counts / len(clients) - 1 / 40) < five_errors(1 / 40, len(clients)))


def test_products_are_independent_of_each_other_and_of_age(clients: ShopClients) -> None:
    correlation = np.corrcoef(clients.features[:50_000].T.astype(np.float32))
    off_diagonal = correlation[~np.eye(len(FEATURES), dtype=bool)]
    assert np.sum(np.abs(off_diagonal) > 0.03) == 2  # man and woman, both ways


def test_a_seed_gives_the_same_clients_and_a_longer_population_begins_with_the_shorter() -> None:
    short, long = (draw_clients(np.random.default_rng(3), count) for count in (300, 20_000))
    other = draw_clients(np.random.default_rng(4), 300)
    assert np.array_equal(long.features[:300], short.features)
    assert np.array_equal(long.interested[:300], short.interested)
    assert not np.array_equal(other.features, short.features)
    assert len(np.unique(long.uuid)) == len(long)


def test_features_are_one_byte_each() -> None:
    clients = draw_clients(np.random.default_rng(0), 10)
    assert clients.features.dtype == np.uint8
    assert clients.features.shape == (10, 3 + len(PRODUCTS))
