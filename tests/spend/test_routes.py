"""The seven routes: method, path and shape of the description."""

import re
from typing import Any

import httpx
import pytest

from liftstream.simulation.spending.shop import generate_shop
from tests.forecast.shop_data import MONTHLY, NEXT, data_object

THREE = data_object(MONTHLY)
SHOP = generate_shop(31, users=40)
MODEL = "microservice.model.model_{}.predict_expenses"


def test_the_three_users_get_the_published_figures_by_model_a_together_and_alone(
    client: httpx.Client,
) -> None:
    answer = client.post("/predict/A", json=THREE)
    assert (answer.status_code, answer.json()) == (200, NEXT)
    for user, values in MONTHLY.items():
        assert client.post("/predict/A", json=data_object({user: values})).json() == {
            str(user): NEXT[str(user)]
        }


@pytest.mark.parametrize("model", ["A", "B", "C"])
def test_a_model_answers_for_every_user_with_two_decimals_and_nothing_is_logged(
    client: httpx.Client, model: str
) -> None:
    found = client.post(f"/predict/{model}", json=SHOP.data_object(6)).json()
    assert list(found) == [str(user["user_id"]) for user in SHOP.data_object(6)["users"]]
    assert all(value >= 0 and round(value, 2) == value for value in found.values())
    assert client.get("/predict").json() == "AB test was not initiated"


def test_each_user_is_served_by_the_model_of_their_arm_which_stays_theirs(client: httpx.Client) -> None:
    document = SHOP.data_object(6)
    served = client.post("/predict", json=document).json()
    by_model = {name: client.post(f"/predict/{name}", json=document).json() for name in "AB"}
    client.post("/predict", json=document)
    log = client.get("/predict").json()["log"]
    arms: dict[int, set[str]] = {}
    for line in log:
        arms.setdefault(line["user_id"], set()).add(line["model"])
        letter = line["model"][len("microservice.model.model_")].upper()
        assert line["result"] == served[str(line["user_id"])] == by_model[letter][str(line["user_id"])]
    assert len(log) == 80
    assert all(len(found) == 1 for found in arms.values())
    assert {name for found in arms.values() for name in found} == {MODEL.format("a"), MODEL.format("b")}


def test_before_anything_is_predicted_or_given_the_words_say_so(client: httpx.Client) -> None:
    assert client.get("/predict").json() == "AB test was not initiated"
    for path in ("/predict/good_results", "/good_results"):
        assert client.get(path).json() == "No data was found"


def test_the_report_has_the_original_shape_and_more(client: httpx.Client) -> None:
    client.post("/predict", json=SHOP.data_object(6))
    client.post("/predict", json=SHOP.data_object(7))
    report = client.get("/predict").json()
    results = report["model_results"]
    *tests, total = results
    assert total == "_total"
    assert len(tests) == 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", key) for key in tests)
    for found in results.values():
        assert [line["model"] for line in found] == [MODEL.format("a"), MODEL.format("b")]
    known = [line for line in report["log"] if line["good"] is not None]
    assert len(known) == 40
    for line in known:
        assert line["timestamp"] == tests[0]
        assert line["error"] == pytest.approx((line["result"] - line["good"]) ** 2)
    for line in results[tests[0]]:
        errors = [found["error"] for found in known if found["model"] == line["model"]]
        assert line["MSE"] == pytest.approx(sum(errors) / len(errors))
        assert line["RMSE"] == pytest.approx(line["MSE"] ** 0.5)
        assert (line["n"], line["pending"]) == (len(errors), 0)
    assert all(line["MSE"] is None and line["pending"] for line in results[tests[1]])
    assert [line["MSE"] for line in results["_total"]] == pytest.approx(
        [line["MSE"] for line in results[tests[0]]]
    )
    assert report["sentence"].startswith("Model ")
    assert report["pending"]["count"] == 40
    assert report["split"]["check"]["status"] == "ok"
    assert {pair["method"] for pair in report["comparison"]["pairs"]} == {"paired t"}


def test_a_model_that_served_nobody_of_a_request_stands_in_its_results_with_nothing(
    client: httpx.Client,
) -> None:
    client.post("/predict", json=data_object({139: MONTHLY[139]}))
    results = client.get("/predict").json()["model_results"]
    for found in results.values():
        assert [line["model"] for line in found] == [MODEL.format("a"), MODEL.format("b")]
        assert sorted(line["pending"] for line in found) == [0, 1]
        assert all(line["MSE"] is None for line in found)


def test_true_values_are_given_and_given_back_by_both_paths(client: httpx.Client) -> None:
    client.post("/predict", json=THREE)
    assert client.post("/predict/good_results", json={"139": 200.5, "242": 500}).json() == {}
    assert client.post("/good_results", json={"143": 800}).json() == {}
    expected = {"139": 200.5, "242": 500.0, "143": 800.0}
    assert client.get("/predict/good_results").json() == client.get("/good_results").json() == expected
    log = {line["user_id"]: line for line in client.get("/predict").json()["log"]}
    assert {user: line["good"] for user, line in log.items()} == {139: 200.5, 242: 500, 143: 800}


def test_a_reset_answers_null_and_forgets_everything(client: httpx.Client) -> None:
    client.post("/predict", json=THREE)
    client.post("/predict/good_results", json={"139": 200.5})
    answer = client.post("/predict/reset_log")
    assert (answer.status_code, answer.text) == (200, "null")
    assert client.get("/predict").json() == "AB test was not initiated"
    assert client.get("/predict/good_results").json() == "No data was found"


def test_the_period_may_be_named_and_what_happens_in_it_is_not_looked_at(client: httpx.Client) -> None:
    until_june = client.post("/predict/C", json=SHOP.data_object(6)).json()
    named = client.post("/predict/C?period=2021-07", json=SHOP.data_object(12)).json()
    assert named == until_june
    refused = client.post("/predict?period=2021-13", json=SHOP.data_object(6))
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "period")


def test_unknown_cities_and_users_without_sessions_are_answered(client: httpx.Client) -> None:
    document: dict[str, Any] = data_object(MONTHLY)
    document["users"][0]["city"] = "Atlantis"
    document["users"] += [{"user_id": 7, "city": None}, {"user_id": "new"}]
    found = {name: client.post(f"/predict/{name}", json=document).json() for name in "ABC"}
    assert found["A"]["7"] == 0
    assert found["C"]["7"] == found["C"]["new"] > 0
    client.post("/predict", json=document)
    log = client.get("/predict").json()["log"]
    assert {line["user_id"] for line in log if line["fallback"]} == {7, "new"}


def test_a_request_without_users_is_answered_with_nobody(client: httpx.Client) -> None:
    nobody: dict[str, Any] = {"users": [], "sessions": [], "products": []}
    assert client.post("/predict", json=nobody).json() == {}
    assert client.get("/predict").json() == "AB test was not initiated"


def test_what_is_wrong_is_refused_by_path_and_nothing_is_logged(client: httpx.Client) -> None:
    document = data_object(MONTHLY)
    document["products"][3]["price"] = None
    document["sessions"][0]["event_type"] = "LOOK"
    for path in ("/predict", "/predict/A", "/predict/B"):
        answer = client.post(path, json=document)
        assert answer.status_code == 422
        assert {found["field"] for found in answer.json()} == {
            "$.products[3].price",
            "$.sessions[0].event_type",
        }
        assert client.post(path, content=b"{").status_code == 400
        assert client.post(path, json=[]).status_code == 422
        assert client.post(path, json={}).status_code == 422
    assert client.get("/predict").json() == "AB test was not initiated"


@pytest.mark.parametrize(
    "wrong", [{"139": None}, {"139": -1}, {"139": "5"}, {"139": 1e12}, {"139": True}, {"": 5}, [], 7]
)
def test_true_values_that_are_none_are_refused(client: httpx.Client, wrong: Any) -> None:
    client.post("/predict", json=THREE)
    answer = client.post("/predict/good_results", json=wrong)
    assert answer.status_code == 422
    assert answer.json()[0]["field"].startswith("$")
    assert client.get("/predict/good_results").json() == "No data was found"
