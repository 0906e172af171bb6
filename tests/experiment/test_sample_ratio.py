"""The split of the clients against the planned one: chi-square, exact, and asked again and again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from liftstream import experiment
from liftstream.experiment.checks.sample_ratio import exact_p
from liftstream.experiment.numerics.binomial import acceptance_band


@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.floats(0, 1))
def test_the_exact_p_is_that_of_scipy(clients: int, share: float, at: float) -> None:
    first = round(at * clients)
    found = exact_p([first, clients - first], [share, 1 - share])
    assert found == pytest.approx(stats.binomtest(first, clients, share).pvalue, rel=1e-7, abs=1e-300)


def test_a_hundred_million_clients_are_checked_exactly_without_counting_them_one_by_one() -> None:
    check = experiment.check_sample_ratio(
        {"original": 50_010_000, "candidate": 49_990_000}, {"original": 1, "candidate": 1}, method="exact"
    )
    assert check.numbers["pvalue"] == pytest.approx(0.0455, abs=2e-4)
    assert check.status == "ok"


def test_an_exact_check_of_three_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="two arms"):
        experiment.check_sample_ratio({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "c": 1}, method="exact")


def test_an_alarm_names_counts_and_plan_and_never_says_that_p_is_0() -> None:
    check = experiment.check_sample_ratio(
        {"original": 6004, "candidate": 5996}, {"original": 9, "candidate": 1}
    )
    assert check.status == "alarm"
    assert "original 6,004, candidate 5,996; planned 90 %, 10 %; p below 1e-300" in check.sentence


def test_watched_after_every_row_an_honest_split_raises_no_more_alarms_than_it_may() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        rows = [{"original": int(n), "candidate": 200 - int(n)} for n in rng.binomial(200, 0.5, 30)]
        alarms += experiment.watch_sample_ratio(rows, {"original": 1, "candidate": 1}).status == "alarm"
    assert alarms <= acceptance_band(400, 0.001).max_rejections


def test_watched_after_every_row_a_lost_tenth_is_seen() -> None:
    rng = np.random.default_rng(5)
    rows = [{"original": int(n), "candidate": 200 - int(n)} for n in rng.binomial(200, 0.55, 60)]
    check = experiment.watch_sample_ratio(rows, {"original": 1, "candidate": 1})
    assert check.status == "alarm"
    assert check.numbers["rows"] == 60
