"""What the comparison counts: complete months before parts of one, users once, and only where every model predicted."""

from types import SimpleNamespace
from typing import Any

import pytest

from liftstream.spend.observed import Observed
from liftstream.spend.report import as_sent, note


def row(user: str, model: str, value: float, good: float | None, **other: Any) -> SimpleNamespace:
    given = {"period": "2021-07", "served": model == "A", "fallback": False, "complete": True, **other}
    return SimpleNamespace(user=user, model=model, value=value, good=good, **given)


def both(user: str, good: float | None, **other: Any) -> list[SimpleNamespace]:
    return [row(user, "A", 10.0 + float(user), good, **other), row(user, "B", 20.0, good, **other)]


def test_parts_of_a_month_count_only_as_long_as_no_month_is_complete() -> None:
    part = [*both("1", 5.0, complete=False), *both("2", 6.0, complete=False)]
    found = Observed.of(part)
    assert (found.provisional, found.users, found.errors("A").n) == (True, 2, 2)
    assert "all of this is provisional" in note(found)
    found = Observed.of([*part, *both("1", 12.0, period="2021-06"), *both("2", 11.0, period="2021-06")])
    assert (found.provisional, found.errors("A").n) == (False, 2)
    assert found.errors("A").mse == pytest.approx(((11 - 12) ** 2 + (12 - 11) ** 2) / 2)
    assert "the comparison leaves it out" in note(found)


def test_pending_users_count_nowhere() -> None:
    found = Observed.of([*both("1", None), *both("2", None)])
    assert (found.users, found.errors("B").n, found.errors("B").mse) == (0, 0, None)
    assert found.compare() == found.compare_served(["A", "B"]) == []
    assert note(found) == ""


def test_a_user_of_two_months_counts_once_and_one_whom_a_model_did_not_predict_not_at_all() -> None:
    rows = [
        line for user in "123" for month in ("2021-06", "2021-07") for line in both(user, 9.0, period=month)
    ]
    rows.append(row("4", "A", 1.0, 9.0))
    (pair,) = Observed.of(rows).compare()
    assert pair.n == 3
    assert (pair.better, pair.mse_other) == ("A", (20.0 - 9.0) ** 2)


@pytest.mark.parametrize(
    ("user", "sent"), [("139", 139), ("007", "007"), ("-1", "-1"), ("١", "١"), ("a", "a")]
)
def test_an_id_goes_back_as_a_number_where_it_is_one(user: str, sent: int | str) -> None:
    assert as_sent(user) == sent
