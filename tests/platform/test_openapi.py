"""Whatever a client sends: no server error, and only answers that the OpenAPI document names."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from testbed.examples import examples
from testbed.platform_stage import Stage, likely_buyers
from tests.openapi_answers import JSON, check_answer
from tests.platform.web import client_of

MISSION = {"name": "New category", "effect": 0.7, "sd": 15, "alpha": 0.05, "power": 0.8, "n_per_arm": 5678}
FIELDS = [
    *MISSION, "alternative", "looks", "spending", "spending_parameter", "cumulative_alpha", "futility", "binding",
    "candidates", "weights", "margin", "cap", "exclusive", "share", "aa",
]  # fmt: skip
LIKELY = st.sampled_from(
    [0, 1, -1, 2, 5, 101, 0.5, 1e-300, 1e300, 10**30, "", "one-sided", "two-sided", "obf", "pocock", "hsd", "user",
     "kim-demets", "haybittle-peto", "wang-tsiatis", "obf-classic", [0.5, 1.0], [1, 0.5], [], ["a", "b"], True, None]
)  # fmt: skip
MISSIONS = st.dictionaries(st.sampled_from(FIELDS), LIKELY | JSON, max_size=4).map(
    lambda change: {**MISSION, **change}
)
ENDLESS = "/api/experiments/{id}/events"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, list[str]]]:
    stage = Stage(f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'platform.db'}")
    name, tokens = stage.create()
    stage.service.start(name)
    stage.play(tokens, {"candidate": likely_buyers}, 500)
    draft, _ = stage.create()
    with client_of(stage.service) as client:
        yield client, [name, draft]
    stage.service.close()


@pytest.fixture(scope="module")
def document(server: tuple[httpx.Client, list[str]]) -> dict[str, Any]:
    return dict(server[0].get("/openapi.json").json())


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (path, method) for path, methods in document["paths"].items() for method in methods if path != ENDLESS
    ]


@given(data=st.data())
@examples(80, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_gets_an_answer_that_the_document_names(
    server: tuple[httpx.Client, list[str]], document: dict[str, Any], data: st.DataObject
) -> None:
    client, names = server
    path, method = data.draw(st.sampled_from(operations(document)))
    segment = st.sampled_from([*names, "candidate", "nobody"]) | st.text(min_size=1, max_size=70)
    address = path
    while "{" in address:
        before, _, rest = address.partition("{")
        address = before + quote(data.draw(segment), safe="") + rest.partition("}")[2]
    query = data.draw(
        st.dictionaries(st.sampled_from([*FIELDS, "format", "solve"]), st.text(max_size=12), max_size=3)
    )
    body = data.draw(st.none() | JSON | MISSIONS | st.just({"name": "key"}) | st.just({"reason": "x" * 600}))
    if path in {"/login"}:
        answer = client.request(method, address, data={"password": json.dumps(body), "to": "/"})
    else:
        sent = json.dumps(body).encode("utf-8", "replace") if body is not None else None
        answer = client.request(
            method, address, params=query, content=sent, headers={"Content-Type": "application/json"}
        )
    if answer.status_code == 404 and ("/" in address.removeprefix(path.partition("{")[0]) or "%" in address):
        return  # a quoted slash or the like makes it another address, which nobody declared
    if answer.status_code == 405:
        return
    check_answer(document, path, method, answer)


@given(body=MISSIONS)
@examples(40, suppress_health_check=list(HealthCheck))
def test_an_experiment_with_any_change_is_created_whole_or_refused_by_field(
    server: tuple[httpx.Client, list[str]], document: dict[str, Any], body: dict[str, Any]
) -> None:
    client, _ = server
    before = len(client.get("/experiments.json").json()["experiments"])
    answer = client.post("/api/experiments", content=json.dumps(body).encode())
    check_answer(document, "/api/experiments", "post", answer)
    after = len(client.get("/experiments.json").json()["experiments"])
    assert after - before == (1 if answer.status_code == 201 else 0)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def test_every_reference_of_the_document_leads_somewhere_in_it(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    bodies = [
        operation.get("requestBody") for one in document["paths"].values() for operation in one.values()
    ]
    assert "guards" in json.dumps(bodies)


def test_the_document_names_every_call_of_the_contract(document: dict[str, Any]) -> None:
    for path in (
        "",
        "/{id}",
        "/{id}/start",
        "/{id}/stop",
        "/{id}/events",
        "/{id}/report",
        "/{id}/clients.csv",
    ):
        assert f"/api/experiments{path}" in document["paths"]
    for path in ("/live", "/ready", "/metrics"):
        assert path in document["paths"]
