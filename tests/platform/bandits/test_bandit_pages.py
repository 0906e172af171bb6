"""The pages of bandits say what their documents say, take what people type, and show nothing unescaped."""

import re
from collections.abc import Iterator
from html import escape

import httpx
import pytest

from testbed.platform_stage import Stage
from tests.platform.bandits.block import Block
from tests.platform.pages.browsing import served

FORM = {
    "name": "Similar ads",
    "policy": "reference-thompson",
    "objective": "contact",
    "guards": "deal, view",
    "share": "0.15",
    "quantum_s": "10",
    "attribution_s": "3600",
    "least_share": "0.05",
    "burn_in_quanta": "30",
    "parameters": '{"prior": [50, 50]}',
    "generator": "",
    "reference": '{"price": 1}',
    "arms": '{"a": {"price": 2}, "b": {"price": 3}}',
}


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    with (
        served(stage.service) as address,
        httpx.Client(base_url=address, headers={"Accept": "text/html"}, timeout=300, trust_env=False) as made,
    ):
        yield made


def test_a_page_of_a_running_bandit_says_what_its_document_says(stage: Stage, client: httpx.Client) -> None:
    block = Block(stage)
    block.start()
    block.play(40, {"price": 0.5, "words": 0.2, "new": 0.1, "reference": 0.2})
    page, document = client.get(f"/bandits/{block.id}").text, client.get(f"/bandits/{block.id}.json").json()
    for said in (document["sentence"], *(check["sentence"] for check in document["checks"])):
        assert escape(said) in page
    for arm in document["arms"]:
        assert f'<th scope="row">{arm["name"]}</th>' in page
    assert document["sentence"] in client.get("/bandits").text


def test_what_people_type_becomes_a_draft_that_can_be_started(stage: Stage, client: httpx.Client) -> None:
    made = client.post("/bandits", data=FORM)
    assert made.status_code == 303
    address = made.headers["location"]
    assert "Start the bandit" in client.get(address).text
    client.post(f"{address}/start")
    added = client.post(f"{address}/arms", data={"name": "c", "configuration": '{"price": 4}'})
    assert added.status_code == 303
    client.post(f"{address}/remove", data={"arm": "a", "how": "killed"})
    document = client.get(f"{address}.json").json()
    states = {arm["name"]: arm["state"] for arm in document["arms"]}
    assert (document["state"], states) == ("running", {"a": "killed", "b": "active", "c": "active"})
    assert document["guards"] == ["deal", "view"]
    assert (document["least_share"], document["burn_in_quanta"]) == (0.05, 30)
    assert document["parameters"]["prior"] == [50, 50]
    page = client.get(address).text
    for said in (
        "Least share of each arm</dt><dd>5",
        "Burn-in</dt><dd>30 quanta",
        "Guards</dt><dd>deal, view",
    ):
        assert said in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "a name of 1 to 200 visible characters"),
        ({"arms": "{"}, "not JSON"),
        ({"arms": "{}"}, "1 to 200 arms are accepted"),
        ({"share": "0,15"}, "is not a number"),
        ({"share": "1"}, "between 0.0001 and 0.9999"),
        ({"reference": ""}, "reference-thompson needs"),
        ({"guards": "contact"}, "the objective is no guard"),
        ({"least_share": "0.6"}, "a probability from 0 to 1/2 is accepted with 2 arms"),
        ({"burn_in_quanta": "1.5"}, "a whole number of quanta"),
        ({"parameters": '{"temperature": 1}'}, "parameters.temperature"),
        ({"parameters": '{"prior": [0, 1]}'}, "parameters.prior"),
        ({"generator": '{"kind": "evolution"}'}, "an object with kind (random or genetic)"),
        ({"generator": '{"kind": "random", "bounds": {"colour": {"values": ["a"]}}}'}, "generator.bounds"),
        ({"quantum_s": "0.5"}, "from 1 to 86,400 seconds"),
        ({"attribution_s": "0"}, "from 1 to 2,592,000 seconds"),
        ({"policy": "best"}, "policy"),
        ({"arms": '{"a": {}}'}, "arms[0].configuration"),
        ({"arms": '{"a": ' + "[" * 5_000}, "not JSON"),
    ],
)
def test_a_field_that_does_not_fit_is_marked(client: httpx.Client, fields: dict[str, str], said: str) -> None:
    page = client.post("/bandits", data={**FORM, **fields})
    assert page.status_code == 422
    assert said in page.text
    for name in re.findall(r'id="(\w+)-problem"', page.text):  # a screen reader says it at its field
        assert re.search(
            rf'id="{name}"[^>]*aria-describedby="{name}-hint {name}-problem" aria-invalid="true"', page.text
        )
    assert page.text.count('aria-invalid="true"') == page.text.count('-problem">') >= 1


@pytest.mark.parametrize(
    ("name", "configuration", "said"),
    [
        ("late", "{", "not JSON"),
        ("late", "{}", "an object with at least one field"),
        ("late", '{"x": "' + "y" * 17_000 + '"}', "at most 16,384 bytes"),
        ("price", '{"x": 1}', "is or was an arm of this bandit"),
        ("", '{"x": 1}', "1 to 80 visible characters"),
    ],
)
def test_an_arm_that_cannot_join_is_refused_in_a_sentence(
    stage: Stage, client: httpx.Client, name: str, configuration: str, said: str
) -> None:
    block = Block(stage)
    page = client.post(f"/bandits/{block.id}/arms", data={"name": name, "configuration": configuration})
    assert page.status_code == 422
    assert said in page.text
    assert len(stage.service.bandits.find(block.id).arms) == 3


def test_an_arm_that_is_not_there_or_the_last_one_cannot_be_removed(
    stage: Stage, client: httpx.Client
) -> None:
    block = Block(stage, arms=[{"name": "only", "configuration": {"x": 1}}])
    assert (
        client.post(f"/bandits/{block.id}/remove", data={"arm": "nobody", "how": "killed"}).status_code == 404
    )
    last = client.post(f"/bandits/{block.id}/remove", data={"arm": "only", "how": "killed"})
    assert last.status_code == 409
    assert "the last active one" in last.text


def test_configurations_and_names_are_shown_escaped(stage: Stage, client: httpx.Client) -> None:
    evil = "<script>alert(1)</script>"
    block = Block(stage, arms=[{"name": evil, "configuration": {evil: evil}}], name=evil)
    block.start()
    for address in (f"/bandits/{block.id}", "/bandits"):
        assert "<script>alert" not in client.get(address).text


def test_a_record_that_was_refused_is_shown_with_its_value_and_place(
    stage: Stage, client: httpx.Client
) -> None:
    block = Block(stage)
    block.start()
    unit = next(str(unit) for unit in range(99) if block.choose(str(unit))["group"] == "target")
    stage.take(block.outcome(block.choose(unit)["decision"], unit, value=-2))
    page = client.get(f"/bandits/{block.id}").text
    assert f"negative value: -2 of &#39;{unit}&#39;; 0 and more is accepted" in page
    assert "topic_outcome 0:0" in page


def test_a_report_says_what_the_page_says_and_has_nothing_to_click(
    stage: Stage, client: httpx.Client
) -> None:
    block = Block(stage)
    draft = client.get(f"/api/bandits/{block.id}/report", params={"format": "html"}).text
    assert "A draft" in draft
    block.start()
    block.play(20, {"price": 0.5, "words": 0.2, "new": 0.1, "reference": 0.2})
    document = client.get(f"/bandits/{block.id}/report.json").json()
    assert client.get(f"/api/bandits/{block.id}/report").json()["arms"] == document["arms"]
    for address in (f"/bandits/{block.id}/report", f"/api/bandits/{block.id}/report?format=html"):
        page = client.get(address).text
        assert escape(document["sentence"]) in page
        assert "Provisional." in page
        assert "<button" not in page.partition('<article class="report">')[2].partition("</article>")[0]
    assert client.get(f"/api/bandits/{block.id}/report", params={"format": "pdf"}).status_code == 422


def test_unknown_bandits_are_a_page_that_says_so(client: httpx.Client) -> None:
    assert client.get("/bandits/nobody").status_code == 404
    assert client.get("/bandits/new").status_code == 200
