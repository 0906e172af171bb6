"""The routes, over HTTP, with records that are noted instead of written: the broker is the demo's test."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from liftstream.service.web_server import WebServer, listen
from liftstream.similar_ads.app import create_app
from liftstream.similar_ads.choices import Choices
from liftstream.similar_ads.index import AdIndex
from liftstream.similar_ads.service import SimilarAds
from tests.platform.pages.browsing import OpenPage, unfold, violations

AD = {"number": 1, "title": "Red", "category": "c", "metro": "m", "location": "l", "price": 1, "posted_ms": 1}
CHOICE = {"group": "target", "arm": "a", "configuration": {"word": 2.0}, "decision": "d.1", "until_ms": 2**60}


class Noted:
    """Stands for the producer."""

    def __init__(self) -> None:
        self.lost, self.full = 0, False
        self.impressions: list[tuple[str, str]] = []
        self.outcomes: list[tuple[Any, ...]] = []

    def impression(self, decision: str, unit: str) -> None:
        self.impressions.append((decision, unit))

    def outcome(self, *record: Any) -> None:
        if self.full:
            raise BufferError
        self.outcomes.append(record)

    def close(self) -> None:
        pass


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def client(tmp_path: Path, noted: Noted) -> Iterator[httpx.Client]:
    with client_with(tmp_path, noted, Choices(lambda _: CHOICE)) as made:
        yield made


@contextmanager
def client_with(tmp_path: Path, noted: Noted, choices: Choices) -> Iterator[httpx.Client]:
    """A client of the service with these choices."""
    service = SimilarAds(AdIndex(f"sqlite:///{tmp_path / 'ads.db'}"), choices, noted)  # type: ignore[arg-type]
    web = WebServer(create_app(service), listen("127.0.0.1", 0, was_set=True, setting="port"))
    web.start()
    with httpx.Client(base_url=web.address, timeout=300, trust_env=False) as made:
        yield made
    web.stop()
    service.close()
    web.close()


def test_a_block_names_its_decision_and_is_an_impression(client: httpx.Client, noted: Noted) -> None:
    assert client.post("/ads", json=[AD, {**AD, "number": 2}]).json() == {"taken": 2}
    block = client.get("/similar/1", params={"unit": "u"}).json()
    assert (block["ad"], block["arm"], block["decision"]) == (1, "a", "d.1")
    assert [(one["ad"]["number"], one["score"]) for one in block["ads"]] == [(2, 2 + 5 + 10 + 5)]
    assert client.head("/similar/1", params={"unit": "u"}).status_code == 405  # nobody sees a block then
    assert noted.impressions == [("d.1", "u")]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"decision": "\xff", "unit": "u"}', b"[" * 30_000])
def test_what_is_no_contact_is_refused(client: httpx.Client, noted: Noted, body: bytes) -> None:
    assert client.post("/contacts", content=body).status_code == 422
    assert noted.outcomes == []


def test_a_contact_becomes_an_outcome(client: httpx.Client, noted: Noted) -> None:
    assert client.post("/contacts", json={"decision": "d.1", "unit": "u", "event": "e"}).status_code == 202
    assert noted.outcomes == [("d.1", "u", "contact", "e")]
    noted.full = True
    assert client.post("/contacts", json={"decision": "d.1", "unit": "u"}).status_code == 503


AD_WITH_ZERO = b'[{"number": 1, "title": "a\\u0000", "category": "c", "metro": "", "location": "", "price": 1, "posted_ms": 1}]'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[", "Input data was truncated"),
        (b"[{}]", "missing required field `number`"),
        (b'[{"number": -1}]', "`$[0].number`"),
        (b"null", "Expected `array`"),
        (AD_WITH_ZERO, "`$[0].title`"),
    ],
)
def test_ads_that_cannot_be_read_are_refused_with_their_place(
    client: httpx.Client, body: bytes, said: str
) -> None:
    answer = client.post("/ads", content=body)
    assert answer.status_code == 422
    assert said in answer.json()[0]["problem"]


def test_what_the_platform_could_not_read_is_refused(client: httpx.Client, noted: Noted) -> None:
    for wrong in ({"unit": "a\x00b"}, {"name": "con\ntact"}, {"event": "\x7f"}, {"decision": "d\t1"}):
        said = client.post("/contacts", json={"decision": "d.1", "unit": "u", **wrong})
        assert (said.status_code, next(iter(wrong)) in said.json()[0]["problem"]) == (422, True)
    assert client.get("/similar/1", params={"unit": "a\nb"}).status_code == 422
    assert noted.outcomes == []


def test_an_unknown_bandit_is_named_before_the_first_visitor(tmp_path: Path, noted: Noted) -> None:
    with client_with(tmp_path, noted, Choices(refuse)) as client:
        ready = client.get("/ready")
    assert (ready.status_code, "there is no 'nope' here" in ready.json()["reason"]) == (503, True)


def refuse(_: str) -> Any:
    """Answers as the platform does for a bandit that it does not have."""
    raise OSError("404 there is no 'nope' here")


def test_an_unknown_ad_and_a_missing_unit_are_refused(client: httpx.Client) -> None:
    assert client.get("/similar/9", params={"unit": "u"}).status_code == 404
    assert client.get("/similar/1").status_code == 422
    assert client.get("/similar/1", params={"unit": "u"}, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/similar/1", 422, "unit"),
        ("GET", f"/similar/{10**30}?unit=u", 422, "ad"),
        ("GET", "/similar/x?unit=u", 422, "ad"),
        ("GET", "/nothing", 404, "request"),
        ("DELETE", "/ads", 405, "request"),
    ],
)
def test_every_refusal_is_a_list_of_fields_and_problems(
    client: httpx.Client, method: str, path: str, status: int, field: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, [one["field"] for one in answer.json()]) == (status, [field])


def test_a_database_that_refuses_is_503_with_its_word(client: httpx.Client, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ads.db")) as database:
        database.execute("ALTER TABLE ad RENAME TO gone")
    answer = client.get("/similar/1", params={"unit": "u"})
    assert (answer.status_code, answer.json()[0]["field"]) == (503, "database")
    assert "no such table" in answer.json()[0]["problem"]


def test_the_routes_are_a_page_that_needs_no_script(client: httpx.Client, open_page: OpenPage) -> None:
    page = open_page(f"{client.base_url}/", java_script_enabled=False)
    expect(page.get_by_role("heading", name="POST /ads Add or replace ads")).to_be_visible()
    shown = open_page(f"{client.base_url}/docs")
    unfold(shown)
    expect(shown.get_by_text("Bicycle, 28 inches")).to_be_visible()
    assert violations(shown, {}) == []


def test_what_the_document_says_of_a_body_is_accepted(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    ads = paths["/ads"]["post"]["requestBody"]["content"]["application/json"]
    assert client.post("/ads", json=ads["example"]).json() == {"taken": 1}
    contact = paths["/contacts"]["post"]["requestBody"]["content"]["application/json"]
    assert contact["schema"]["required"] == ["decision", "unit"]
    assert client.post("/contacts", json=contact["example"]).status_code == 202
