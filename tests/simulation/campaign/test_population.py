"""Clients of the campaign are of four kinds, and money follows from kind, offer and luck."""

import numpy as np

from liftstream.simulation.campaign.kinds import LOST_CAUSE, PERSUADABLE, SLEEPING_DOG, SURE_THING, chances_of
from liftstream.simulation.campaign.money import COST, USUAL, VALUE
from liftstream.simulation.campaign.population import draw_clients

CLIENTS = draw_clients(np.random.default_rng(1), 100_000)
LUCK = np.ones(len(CLIENTS))
EVERYBODY = slice(None)


def test_kinds_come_as_often_as_their_chances_say() -> None:
    assert np.allclose(CLIENTS.chances.sum(axis=1), 1)
    shares = np.bincount(CLIENTS.kind, minlength=4) / len(CLIENTS)
    assert np.allclose(shares, CLIENTS.chances.mean(axis=0), atol=0.005)
    assert np.allclose(shares, [0.185, 0.301, 0.095, 0.419], atol=0.005)


def test_each_kind_buys_as_its_name_says() -> None:
    offered, alone = CLIENTS.buys(np.ones(len(CLIENTS))), CLIENTS.buys(np.zeros(len(CLIENTS)))
    expected = {
        PERSUADABLE: (True, False),
        SURE_THING: (True, True),
        SLEEPING_DOG: (False, True),
        LOST_CAUSE: (False, False),
    }
    for kind, pair in expected.items():
        some = CLIENTS.kind == kind
        assert (set(offered[some]), set(alone[some])) == ({pair[0]}, {pair[1]})


def test_the_offer_changes_sales_by_the_uplift_and_money_by_what_that_is_worth() -> None:
    offered, alone = np.ones(len(CLIENTS)), np.zeros(len(CLIENTS))
    change = CLIENTS.buys(offered).mean() - CLIENTS.buys(alone).mean()
    assert abs(change - CLIENTS.uplift.mean()) < 0.01
    money = CLIENTS.spend(EVERYBODY, offered, LUCK) - CLIENTS.spend(EVERYBODY, alone, LUCK)
    assert np.isclose(money.mean(), VALUE * change - COST)
    assert abs(money.mean() - CLIENTS.value_of_showing.mean()) < 0.2
    assert CLIENTS.spend(EVERYBODY, offered, LUCK).min() == USUAL - COST
    assert ((CLIENTS.value_of_showing >= 0) == (CLIENTS.uplift >= COST / VALUE)).all()


def test_a_young_woman_is_persuaded_and_who_bought_cat8_is_put_off() -> None:
    features = np.zeros((2, CLIENTS.features.shape[1]), dtype=np.uint8)
    features[:, 0] = 25, 50
    features[0, 2], features[1, 1], features[1, 11] = 1, 1, 1  # a woman; a man who bought cat8
    uplift = chances_of(features) @ np.array([1, 0, -1, 0])
    assert uplift[0] > 0.3
    assert uplift[1] < -0.2


def test_a_longer_population_begins_with_the_same_people() -> None:
    few = draw_clients(np.random.default_rng(1), 1_000)
    assert (few.features == CLIENTS.features[:1_000]).all()
    assert (few.kind == CLIENTS.kind[:1_000]).all()
