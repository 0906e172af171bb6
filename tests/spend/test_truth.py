"""Truth has a period: it is read from later sessions, what was given wins, and that of another period is refused."""

from typing import Any

import httpx
import pytest

from liftstream.simulation.spending.shop import generate_shop
from tests.forecast.shop_data import data_object
from tests.spend.conftest import Serve

SHOP = generate_shop(32, users=30)
SPENDING = {1: [100.0, 200, 300], 2: [10.0, 20, 30]}
"""Of two users from January to March."""


def log_of(client: httpx.Client) -> dict[tuple[str, int], Any]:
    return {(line["period"], line["user_id"]): line for line in client.get("/predict").json()["log"]}


def until(months: int) -> dict[str, Any]:
    return data_object({user: values[:months] for user, values in SPENDING.items()})


def test_later_sessions_settle_what_was_predicted_and_the_new_period_is_pending(
    serve: Serve, database: str
) -> None:
    client = serve(database)
    client.post("/predict", json=until(2))
    assert client.get("/predict").json()["pending"]["by_period"] == {"2021-03": [1, 2]}
    client.post("/predict", json=until(3))
    log = log_of(client)
    assert {key: line["good"] for key, line in log.items()} == {
        ("2021-03", 1): 300.0, ("2021-03", 2): 30.0, ("2021-04", 1): None, ("2021-04", 2): None,
    }  # fmt: skip
    assert client.get("/predict").json()["truth"] == {"given": 0, "from_sessions": 2, "differ": 0}


def test_a_period_that_is_known_in_part_is_said_to_be_and_the_rest_of_it_replaces_the_part(
    client: httpx.Client,
) -> None:
    whole = SHOP.data_object(7)
    half = {**whole, "sessions": [e for e in whole["sessions"] if e["timestamp"] < "2021-07-16"]}
    client.post("/predict", json=SHOP.data_object(6))
    client.post("/predict", json=half)
    report = client.get("/predict").json()
    assert "do not cover 2021-07 wholly yet" in report["note"]
    assert report["comparison"]["provisional"]
    parts = {key: line["good"] for key, line in log_of(client).items() if key[0] == "2021-07"}
    client.post("/predict", json=whole)
    client.post("/predict", json=half)  # an older export does not take back what is known
    known = {key: line["good"] for key, line in log_of(client).items() if key[0] == "2021-07"}
    assert sum(known.values()) > sum(parts.values())
    assert client.get("/predict").json()["note"] == ""


def test_given_values_win_over_sessions_and_the_difference_is_counted(client: httpx.Client) -> None:
    client.post("/predict", json=until(2))
    client.post("/predict", json=until(3))
    client.post("/predict/good_results?period=2021-03", json={"1": 250})
    assert log_of(client)["2021-03", 1]["good"] == 250
    assert log_of(client)["2021-03", 2]["good"] == 30
    assert client.get("/predict").json()["truth"] == {"given": 1, "from_sessions": 2, "differ": 1}


def test_without_a_period_true_values_belong_to_the_newest_predicted_one(client: httpx.Client) -> None:
    client.post("/predict", json=until(1))
    client.post("/predict", json=until(2))
    client.post("/predict/good_results", json={"1": 77})
    assert log_of(client)["2021-03", 1]["good"] == 77
    assert log_of(client)["2021-02", 1]["good"] == 200
    assert client.get("/predict/good_results?period=2021-02").json() == "No data was found"


def test_true_values_of_a_period_that_nobody_predicted_are_refused_with_the_reason(
    client: httpx.Client,
) -> None:
    client.post("/predict", json=until(2))
    refused = client.post("/predict/good_results?period=2021-02", json={"1": 5000})
    assert refused.status_code == 422
    assert "2021-02 was not predicted" in refused.json()[0]["problem"]
    assert "predicted are 2021-03" in refused.json()[0]["problem"]
    assert client.get("/predict/good_results").json() == "No data was found"


def test_true_values_given_before_anything_is_predicted_become_those_of_the_first_period(
    serve: Serve, database: str
) -> None:
    client = serve(database)
    client.post("/predict/good_results", json={"1": 55, "9": 1})
    assert client.get("/predict/good_results").json() == {"1": 55.0, "9": 1.0}
    client.post("/predict", json=until(2))
    assert log_of(client)["2021-03", 1]["good"] == 55
    assert client.get("/predict/good_results?period=2021-03").json() == {"1": 55.0, "9": 1.0}


def test_a_user_without_truth_is_pending_and_does_not_spoil_the_report(client: httpx.Client) -> None:
    client.post("/predict", json=until(2))
    client.post("/predict/good_results", json={"1": 300})
    report = client.get("/predict")
    assert report.status_code == 200
    assert report.json()["pending"] == {"count": 1, "by_period": {"2021-03": [2]}}
    totals = report.json()["model_results"]["_total"]
    assert (sum(line["n"] for line in totals), sum(line["pending"] for line in totals)) == (1, 1)


def test_over_a_year_the_paired_comparison_names_c_and_the_split_alone_does_not_know(
    client: httpx.Client,
) -> None:
    shop = generate_shop(33, users=150)
    for months in range(3, 13):
        assert client.post("/predict", json=shop.data_object(months)).status_code == 200
    report = client.get("/predict").json()
    pair = next(p for p in report["comparison"]["pairs"] if {p["better"], p["other"]} == {"A", "C"})
    assert pair["better"] == "C"
    assert pair["pvalue"] < 0.01
    assert pair["n"] == 150
    assert report["sentence"].startswith("Model C ")
    assert report["split"]["pairs"][0]["pvalue"] > pair["pvalue"]
    assert len(report["comparison"]["periods"]) == 9


@pytest.mark.parametrize("months", [2, 5])
def test_a_period_before_the_first_session_is_not_settled(client: httpx.Client, months: int) -> None:
    client.post("/predict", json=until(2))
    later = data_object({1: [0.0] * months}, year=2022)
    client.post("/predict", json=later)
    assert log_of(client)["2021-03", 1]["good"] is None
