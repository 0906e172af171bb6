import math

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment.data.client_data import read_clients
from tests.experiment.shop_clients import shop


def test_a_client_who_buys_twice_is_one_observation() -> None:
    data = shop(3_000)
    split = {
        "client": np.concatenate([data["client"], data["client"][:500]]),
        "arm": np.concatenate([data["arm"], data["arm"][:500]]),
        "revenue": np.concatenate([data["revenue"], np.full(500, 7.0)]),
    }
    data["revenue"][:500] += 7.0
    whole, summed = experiment.analyze(data), experiment.analyze(split, client="client")
    assert summed.verdict.pvalue == pytest.approx(whole.verdict.pvalue, rel=1e-9)
    assert summed.arms[0].n == whole.arms[0].n


def test_clients_seen_in_both_arms_are_left_out_and_counted() -> None:
    data = shop(3_000)
    twice = {name: np.concatenate([values, values[:10]]) for name, values in data.items()}
    twice["arm"][-10:] = np.where(twice["arm"][:10] == "original", "candidate", "original")
    report = experiment.analyze(twice, client="client")
    assert sum(arm.n for arm in report.arms) == 2_990
    check = next(check for check in report.checks if check.name == "one arm each")
    assert (check.status, check.numbers["in_both"]) == ("alarm", 10)
    assert report.advice.startswith("Do not decide yet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"revenue": [1.0, math.nan, 3.0, math.inf]}, "2 rows have none, the first is row 2"),
        ({"revenue": [1.0, None, 3.0, 4.0]}, "1 row has none, it is row 2"),
        ({"revenue": [1.0, "much", 3.0, 4.0]}, "row 2 holds a text"),
        ({"arm": ["original"] * 4}, "arm must be at least two arms"),
        ({"arm": ["A", "B", "A", "B"]}, "original must be one of the arms in the data: A, B"),
        ({"revenue": [3.0, 3.0, 3.0, 3.0]}, "clients whose money differs"),
        (
            {"arm": ["original", "candidate", "original", "original"]},
            "candidate must have at least 2 clients, got 1",
        ),
        ({"revenue": None}, "there is no column 'revenue'"),
    ],
)
def test_data_that_cannot_be_used_are_named(change: dict[str, object], said: str) -> None:
    data = {"arm": ["original", "candidate"] * 2, "revenue": [1.0, 2.0, 3.0, 4.0]} | change
    data = {name: values for name, values in data.items() if values is not None}
    with pytest.raises(ValueError, match=said):
        experiment.analyze(data)


def test_rows_without_a_number_can_be_left_out_and_are_counted() -> None:
    data = shop(500)
    data["revenue"][[3, 40]] = math.nan
    report = experiment.analyze(data, drop_missing=True)
    assert (report.dropped, sum(arm.n for arm in report.arms)) == (2, 498)


def test_a_data_frame_is_read_like_columns() -> None:
    import pandas

    data = shop(1_000)
    assert (
        experiment.analyze(pandas.DataFrame(data)).verdict.pvalue == experiment.analyze(data).verdict.pvalue
    )


def test_clients_keep_their_order_of_arrival() -> None:
    found = read_clients(
        {
            "c": ["x", "y", "x", "z"],
            "arm": ["b", "a", "b", "a"],
            "revenue": [1, 2, 3, 4],
            "pre": [9, 8, 7, 6],
        },
        client="c",
        covariate="pre",
    )
    assert found.revenue.tolist() == [4.0, 2.0, 4.0]
    assert found.covariate.tolist() == [9.0, 8.0, 6.0]
    assert [found.arms[i] for i in found.arm] == ["b", "a", "a"]


@pytest.mark.parametrize("nobody", ["", None, math.nan])
def test_a_row_without_an_arm_is_refused_or_left_out_and_counted(nobody: object) -> None:
    data = {"arm": ["original", "candidate"] * 20 + [nobody], "revenue": [*range(40), 9]}
    with pytest.raises(ValueError, match="arm must name an arm in every row; 1 row has none, it is row 41"):
        experiment.analyze(data)
    report = experiment.analyze(data, drop_missing=True)
    assert (report.dropped, [arm.arm for arm in report.arms]) == (1, ["original", "candidate"])
