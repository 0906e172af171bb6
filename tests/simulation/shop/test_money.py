"""What decisions earn: the published gains, and the money drawn against its own expectation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.simulation.shop import money
from liftstream.simulation.shop.population import ShopClients

CENT = 0.01


@pytest.mark.parametrize(
    ("threshold", "gain"),
    [(0.5, 0.744), (0.6, 0.829), (0.65, 0.844), (0.666, 0.845), (0.7, 0.841), (2.0, 0.30)],
)
def test_a_threshold_gains_what_was_published(clients: ShopClients, threshold: float, gain: float) -> None:
    shown = clients.interest >= threshold
    per_client = (shown - clients.man.astype(float)) * money.value_of_showing(clients.interest)
    found = money.gain_over(clients.man, shown, clients.interest)
    assert found == pytest.approx(per_client.mean(), abs=1e-12)
    assert found == pytest.approx(gain, abs=5e-3 + 5 * per_client.std() / np.sqrt(len(clients)))


def test_no_rule_beats_the_best_decision(clients: ShopClients) -> None:
    best = money.gain_over(clients.man, money.decide_best(clients.interest), clients.interest)
    for threshold in np.linspace(0, 1, 41):
        assert money.gain_over(clients.man, clients.interest >= threshold, clients.interest) <= best
    assert abs(money.BREAK_EVEN - 0.666) < 5e-4


def test_revenue_in_the_original_arm_has_sd_15_and_the_mean_it_should(clients: ShopClients) -> None:
    luck = money.draw_luck(np.random.default_rng(5), len(clients))
    spent = money.revenue(clients.man, clients.interested, luck)
    # The standard error of a gamma-like sd of 15 in 400,000 draws is 0.03.
    assert spent.std() == pytest.approx(15, abs=0.15)
    expected = money.expected_revenue(clients.man, clients.interested)
    assert spent.mean() == pytest.approx(expected.mean(), abs=5 * 15 / np.sqrt(len(clients)))
    assert spent.min() >= 0
    assert np.allclose(spent * 100, np.round(spent * 100))


def test_drawn_money_agrees_with_the_expected_gain(clients: ShopClients) -> None:
    luck = money.draw_luck(np.random.default_rng(6), len(clients))
    best = money.decide_best(clients.interest)
    difference = money.revenue(best, clients.interested, luck) - money.revenue(
        clients.man, clients.interested, luck
    )
    error = difference.std() / np.sqrt(len(clients))
    assert difference.mean() == pytest.approx(
        money.gain_over(clients.man, best, clients.interest), abs=5 * error + CENT / 10
    )


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 50)), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_what_a_session_brings_does_not_depend_on_the_order_of_decisions(rows: list, random: object) -> None:
    shuffled = rows[:]
    random.shuffle(shuffled)
    for row in (0, len(rows) - 1):
        shown, interested, luck = (np.array(column) for column in zip(*rows, strict=True))
        alone = money.revenue(shown[row : row + 1], interested[row : row + 1], luck[row : row + 1])
        again, who, chance = (np.array(column) for column in zip(*shuffled, strict=True))
        place = shuffled.index(rows[row])
        assert (
            money.revenue(again, who, chance)[place]
            == alone[0]
            == money.revenue(shown, interested, luck)[row]
        )
