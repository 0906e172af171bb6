"""Model A: the published figures, whoever else is asked for, and a calendar that all share."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.forecast.calendar import month_of, period_of, training_months
from liftstream.forecast.models.trend import Trend, next_of_trend
from liftstream.forecast.request.data_object import read_data_object
from tests.forecast.shop_data import MONTHLY, NEXT, data_object


def predicted(document: object, period: str | None = None) -> dict[str, float]:
    history = read_data_object(document)
    month = history.next_month if period is None else month_of(period)
    assert month is not None
    return dict(zip(history.users, Trend().predict_expenses(history, month).tolist(), strict=True))


def test_the_three_users_of_the_published_report_get_its_figures_together_and_alone() -> None:
    assert predicted(data_object(MONTHLY)) == NEXT
    for user, values in MONTHLY.items():
        assert predicted(data_object({user: values})) == {str(user): NEXT[str(user)]}


def test_times_in_milliseconds_and_in_iso_mean_the_same() -> None:
    document = data_object(MONTHLY)
    for event in document["sessions"]:
        at = datetime.fromisoformat(event["timestamp"] + "+00:00")
        event["timestamp"] = round(at.timestamp() * 1_000)
    assert predicted(document) == NEXT


def test_events_in_the_predicted_month_or_after_it_change_nothing() -> None:
    early = data_object({139: MONTHLY[139][:6]})
    assert predicted(data_object(MONTHLY), "2021-07")["139"] == predicted(early, "2021-07")["139"]


@pytest.mark.parametrize(
    ("target", "first", "last"),
    [("2021-12", "2021-01", "2021-11"), ("2022-01", "2021-01", "2021-12"), ("2022-02", "2022-01", "2022-01")],
)
def test_the_months_of_the_line_are_those_of_the_targets_year_and_before_a_january_the_whole_year(
    target: str, first: str, last: str
) -> None:
    months = training_months(month_of(target))
    assert (period_of(months[0]), period_of(months[-1])) == (first, last)


def test_a_december_is_not_the_december_of_another_year() -> None:
    two_years = data_object({139: [100.0] * 12}, 2020)
    two_years["sessions"] += data_object({139: [300.0] * 12}, 2021)["sessions"]
    for i, event in enumerate(two_years["sessions"]):
        event["session_id"], event["purchase_id"] = i, i
    for i, product in enumerate(two_years["products"]):
        product["price"] = 100.0 + 0 * i
    assert predicted(two_years, "2021-01") == {"139": 100.0}
    history = read_data_object(two_years)
    assert history.spending_in(month_of("2020-12")).tolist() == [100.0]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=12))
def test_the_line_is_the_one_of_numpy_never_below_zero(values: list[float]) -> None:
    months = np.arange(len(values))
    slope, level = np.polyfit(months, values, 1)
    expected = max(0.0, level + slope * len(values))
    found = next_of_trend(np.array([values]))[0]
    assert found == pytest.approx(expected, abs=0.006 + 1e-9 * max(values))
