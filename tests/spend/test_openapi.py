"""Whatever is sent gets an answer that the OpenAPI document names, never a server error."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from liftstream.contracts.settings import load_settings
from liftstream.spend.server import SpendingServer
from testbed.examples import examples
from tests.forecast.shop_data import MONTHLY, data_object
from tests.openapi_answers import JSON, check_answer
from tests.spend.conftest import MODELS

GOOD = data_object({143: MONTHLY[143][:3]})
LIKELY = st.sampled_from(
    [0, 1, -1, 143, 143.0, 14301, "143", 1e300, 10**30, "", "\0", "2021-01-01", "2021-01-01T00:00:00Z", 1_609_459_200_000,
     "9999-12-31T23:59:59-23:59", "2099-12-31", -(2**63), "VIEW_PRODUCT", "BUY_PRODUCT", True, None, [], {}]
)  # fmt: skip
FIELDS = {
    "users": ["user_id", "city"],
    "sessions": [
        "session_id",
        "timestamp",
        "user_id",
        "product_id",
        "event_type",
        "offered_discount",
        "purchase_id",
    ],
    "products": ["product_id", "price"],
}
PERIODS = st.sampled_from(["2021-04", "2021-12", "1990-01", "2100-12", "2021-13", "", "١٩٩٠-٠١"]) | st.text(
    max_size=8
)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """A good data object with some values changed, or anything else."""
    if draw(st.integers(0, 4)) == 0:
        return draw(JSON)
    document = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(list(FIELDS)))
        row = document[name][draw(st.integers(0, len(document[name]) - 1))]
        row[draw(st.sampled_from(FIELDS[name]))] = draw(LIKELY | JSON)
    return document


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    url = f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'spending.db'}"
    given = {"SPENDING__DATABASE": url, "SPENDING__PORT": "0", "SPENDING__MODELS": str(MODELS)}
    with (
        SpendingServer(load_settings(overrides=given, environment={})) as server,
        httpx.Client(base_url=server.address, timeout=300, trust_env=False) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def described(client: httpx.Client) -> dict[str, Any]:
    return dict(client.get("/openapi.json").json())


def test_the_document_has_the_routes_of_the_description(described: dict[str, Any]) -> None:
    found = {(path, method) for path, methods in described["paths"].items() for method in methods}
    wanted = {("/predict", "post"), ("/predict", "get"), ("/predict/A", "post"), ("/predict/B", "post"),
              ("/predict/reset_log", "post"), ("/predict/good_results", "post"), ("/predict/good_results", "get"),
              ("/good_results", "post"), ("/good_results", "get")}  # fmt: skip
    assert wanted <= found


@given(data=st.data())
@examples(200, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_gets_an_answer_that_the_document_names(
    client: httpx.Client, described: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(list(described["paths"])))
    method = data.draw(st.sampled_from(list(described["paths"][path])))
    content = None
    if method == "post":
        values = st.dictionaries(st.sampled_from(["143", "9", "", "\0", "é"]), LIKELY | JSON, max_size=3)
        sent = data.draw(values if "good" in path else documents())
        content = data.draw(
            st.sampled_from([json.dumps(sent).encode("utf-8", "surrogatepass"), b"{", b"\xff", b""])
        )
    query = {
        name: data.draw(values)
        for name, values in {"period": PERIODS, "tests": LIKELY}.items()
        if data.draw(st.booleans())
    }
    params = {name: str(value) for name, value in query.items()}
    answer = client.request(method, path, content=content, params=params)
    assert answer.status_code < 500, answer.text
    check_answer(described, path, method, answer)


def test_the_example_of_the_document_is_predicted(client: httpx.Client, described: dict[str, Any]) -> None:
    body = described["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert client.post("/predict/A", json=body["example"]).json() == {"139": 19.30}
    jsonschema.validate(GOOD, body["schema"], cls=jsonschema.Draft202012Validator)


def test_the_page_of_the_routes_names_every_one(client: httpx.Client, described: dict[str, Any]) -> None:
    page = client.get("/docs").text
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page
