"""The page for people: complete without JavaScript, without errors, foreign addresses or what keeps people out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from liftstream.contracts.settings import load_settings
from liftstream.simulation.spending.shop import generate_shop
from liftstream.spend.server import SpendingServer
from tests.platform.pages.browsing import OpenPage
from tests.spend.conftest import MODELS


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that a shop used for months."""
    url = f"sqlite:///{tmp_path_factory.mktemp('page') / 'spending.db'}"
    given = {"SPENDING__DATABASE": url, "SPENDING__PORT": "0", "SPENDING__MODELS": str(MODELS)}
    shop = generate_shop(36, users=120)
    with SpendingServer(load_settings(overrides=given, environment={})) as server:
        with httpx.Client(base_url=server.address, timeout=300, trust_env=False) as client:
            for months in range(6, 13):
                client.post("/predict", json=shop.data_object(months)).raise_for_status()
        yield server.address


def test_the_page_says_what_the_report_says(year: str) -> None:
    shown, predicted = (httpx.get(year + path, timeout=300, trust_env=False) for path in ("", "/predict"))
    page, report = shown.text, predicted.json()
    assert report["sentence"] in page
    assert "Predicted to spend most in 2022-01" in page
    highest = max(
        (line for line in report["log"] if line["period"] == "2022-01"), key=lambda line: line["result"]
    )
    first = re.search(r'Users">.*?<tbody>.*?<th scope="row">(\d+)</th><td><strong>([\d,.]+)', page, re.S)
    assert first is not None
    assert (int(first[1]), float(first[2].replace(",", ""))) == (highest["user_id"], highest["result"])
    assert "120 of 2022-01" in page


def test_before_anything_is_predicted_the_page_says_how_to_begin(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "Nothing is predicted yet" in page
    assert (
        f"curl -H 'Content-Type: application/json' -d @data.json {str(client.base_url).rstrip('/')}/predict"
        in page
    )


def test_before_anything_is_predicted_the_page_fits_a_phone(tmp_path: Path, open_page: OpenPage) -> None:
    given = {
        "SPENDING__DATABASE": f"sqlite:///{tmp_path / 's.db'}",
        "SPENDING__PORT": "0",
        "SPENDING__MODELS": str(MODELS),
    }
    with SpendingServer(load_settings(overrides=given, environment={})) as server:
        page = open_page(server.address, viewport={"width": 360, "height": 740})
        expect(page.locator("pre").first).to_contain_text(f"{server.address}/predict")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_with_one_request_the_page_waits_for_what_is_spent(client: httpx.Client) -> None:
    client.post("/predict", json=generate_shop(37, users=10).data_object(4))
    page = client.get("/").text
    assert "Nothing can be said yet" in page
    assert "10 predictions wait for what will be spent" in page


def test_a_users_id_is_no_markup(client: httpx.Client) -> None:
    document: dict[str, Any] = {"users": [{"user_id": "<script>x</script>"}], "sessions": [], "products": []}
    assert client.post("/predict", json=document).status_code == 200
    page = client.get("/").text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_browser_finds_no_error_and_axe_nothing(path: str, year: str, open_page: OpenPage) -> None:
    page = open_page(f"{year}{path}")
    if path == "/":
        expect(page.locator(".drawing.ready svg")).to_have_count(3)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [v["id"] for v in found] == []
    for width in (360, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_everything_can_be_read(year: str, open_page: OpenPage) -> None:
    page = open_page(year, java_script_enabled=False)
    expect(page.locator(".sentence")).to_contain_text("Model C")
    for said in ("Error of each model over time", "How much better, with interval", "Predicted by"):
        expect(page.get_by_text(said).first).to_be_visible()
    page.locator("summary").first.click()
    expect(page.locator("figure table").first).to_be_visible()
