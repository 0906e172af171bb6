"""Features: by hand for one user, and of every user independently of the others."""

import numpy as np
import pytest

from liftstream.forecast.calendar import month_of
from liftstream.forecast.features import DOUBT, KEEP, pace, profile
from liftstream.forecast.models.network import city_columns
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from tests.forecast.shop_data import MONTHLY, data_object, only

HISTORY = read_data_object(data_object({143: MONTHLY[143]}))
DECEMBER = month_of("2021-12")


def test_the_pace_of_a_user_computed_by_hand() -> None:
    found = {name: float(values[0]) for name, values in pace(HISTORY, DECEMBER).items()}
    spent = MONTHLY[143]
    weights = [KEEP ** (10 - i) for i in range(11)]
    assert len(found) == 9
    assert found["spending_ewma"] == pytest.approx(np.dot(weights, spent) / sum(weights))
    assert found["spending_mean"] == pytest.approx(sum(spent) / (11 + DOUBT))
    assert found["spending_last_3"] == pytest.approx(sum(spent[-3:]) / 3)
    assert found["sessions_ewma"] == pytest.approx(1.0)
    assert found["sessions_mean"] == pytest.approx(11 / (11 + DOUBT))
    assert found["purchases_mean"] == pytest.approx(7 / (11 + DOUBT))
    assert found["tenure"] == pytest.approx(11 / (11 + DOUBT))
    assert found["value_viewed"] == pytest.approx(sum(spent) / (11 + DOUBT))


def test_the_profile_of_a_user_computed_by_hand() -> None:
    found = {name: float(values[0]) for name, values in profile(HISTORY, DECEMBER).items()}
    assert len(found) == 7
    assert found["expenses"] == pytest.approx(sum(MONTHLY[143]))
    assert (found["products_bought"], found["events_number"], found["sessions_number"]) == (7, 18, 11)
    assert found["age"] == pytest.approx(273)  # from 15 January to 15 October


def test_a_users_features_do_not_depend_on_the_other_users() -> None:
    history = read_data_object(generate_shop(3, users=40).data_object())
    chosen = [31, 4, 17]
    few = only(history, chosen)
    for features in (pace, profile):
        every, some = features(history, DECEMBER), features(few, DECEMBER)
        for name in every:
            assert np.array_equal(every[name][chosen], some[name]), name


def test_a_user_without_events_has_zeros() -> None:
    document = data_object({143: MONTHLY[143]})
    document["users"].append({"user_id": 7})
    history = read_data_object(document)
    for columns in (pace(history, DECEMBER), profile(history, DECEMBER)):
        assert all(values[1] == 0 for values in columns.values())


def test_a_user_of_an_unknown_city_is_an_average_one() -> None:
    columns = city_columns(["Radom", "Nowhere", ""], {"Radom": 0.75, "Gdynia": 0.25})
    assert columns["city_1"].tolist() == [1.0, 0.75, 0.75]
    assert columns["city_2"].tolist() == [0.0, 0.25, 0.25]
