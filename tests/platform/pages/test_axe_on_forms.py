"""axe-core finds nothing on pages that are only there for a moment: log-in, a refused form, a token, a key, Kafka away."""

from pathlib import Path

from playwright.sync_api import Page, expect

from testbed.platform_stage import Stage
from tests.platform.pages.browsing import OpenPage, Watch, served, unfold, violations


def clean(page: Page) -> bool:
    unfold(page)
    found = violations(page, {})
    assert found == []
    return not found


def test_the_log_in(tmp_path: Path, open_page: OpenPage, watch: Watch) -> None:
    watch.allowed = ["Failed to load resource: the server responded with a status of 401"]
    secrets = {"admin_password": "a-long-password", "secret": "0123456789abcdef"}
    stage = Stage(f"sqlite:///{tmp_path / 'platform.db'}", **secrets)
    with served(stage.service) as address:
        page = open_page(f"{address}/")
        assert clean(page)
        page.get_by_label("Password").fill("another-password")
        page.get_by_role("button").last.click()
        expect(page.locator(".problem, .notice")).to_be_visible()
        assert clean(page)
        page.close()
    stage.service.close()


def test_a_refused_plan_then_its_token_and_a_key(address: str, open_page: OpenPage, watch: Watch) -> None:
    watch.allowed = ["Failed to load resource: the server responded with a status of 422"]
    page = open_page(f"{address}/")
    assert clean(page)
    page.goto(f"{address}/experiments/new?effect=0,7&n_per_arm=100&name=Tried")
    expect(page.locator("#effect-problem")).to_contain_text("0.7")
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was created")
    assert clean(page)
    page.goto(f"{address}/experiments/new?name=Tried")
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.locator("#token-1")).to_be_visible()
    assert clean(page)
    page.goto(f"{address}/keys")
    page.locator("form input").first.fill("nightly report")
    page.get_by_role("button", name="Make").first.click()
    expect(page.locator("input.secret")).to_be_visible()
    assert clean(page)


def test_kafka_away(stage: Stage, address: str, open_page: OpenPage) -> None:
    name, _ = stage.create()
    stage.service.start(name)
    stage.service.board.say("away", "localhost:9092 refused the connection")
    page = open_page(f"{address}/experiments/{name}")
    expect(page.locator(".notice")).to_contain_text("Kafka cannot be reached")
    assert clean(page)
