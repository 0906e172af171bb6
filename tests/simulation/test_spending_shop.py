"""The simulated shop of spending: its truth is what happens on average, and its data object is a good one."""

import numpy as np
import pytest

from liftstream.forecast.calendar import month_of, period_of
from liftstream.forecast.history import full_months
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop


@pytest.mark.slow
def test_the_known_truth_is_what_users_spend_on_average() -> None:
    shop = generate_shop(5, users=3_000)
    history = read_data_object(shop.data_object())
    for month in (2, 11):
        spent = history.spending_in(month_of("2021-01") + month)
        expected = shop.expected(month)
        error = np.std(spent - expected) / np.sqrt(len(spent))
        assert abs(spent.mean() - expected.mean()) < 4 * error


def test_users_come_over_the_year_and_prices_have_a_heavy_tail() -> None:
    shop = generate_shop(6, users=1_000)
    history = read_data_object(shop.data_object())
    seen = [history.before(month_of(f"2021-{month:02}")).visited.mean() for month in (2, 5, 8, 11)]
    assert seen == sorted(seen)
    assert 0.3 < seen[0] < 0.6 < seen[2]
    paid = np.sort(history.paid[history.bought])
    assert paid[-len(paid) // 10 :].sum() > 0.35 * paid.sum()


def test_every_month_of_it_is_full_and_a_part_of_it_ends_before_the_next_month() -> None:
    shop = generate_shop(7)
    months = full_months(read_data_object(shop.data_object()))
    assert (period_of(months[0]), period_of(months[-1])) == ("2021-01", "2021-12")
    part = read_data_object(shop.data_object(months=3))
    assert part.next_month == month_of("2021-04")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_shop_and_another_one_another(seed: int) -> None:
    first = generate_shop(seed, users=20).data_object()
    assert first == generate_shop(seed, users=20).data_object()
    assert first != generate_shop(seed + 1, users=20).data_object()


def test_a_purchase_is_of_the_product_that_was_looked_at_last() -> None:
    shop = generate_shop(8, users=30)
    order = np.lexsort((shop.time_ms, shop.session))
    session, product, bought = shop.session[order], shop.product[order], shop.bought[order]
    at = np.flatnonzero(bought)
    assert np.array_equal(session[at], session[at - 1])
    assert np.array_equal(product[at], product[at - 1])
