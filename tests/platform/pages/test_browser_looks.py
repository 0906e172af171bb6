"""Every page in a real browser: policy, accessibility, size, narrow screens, without JavaScript, on paper."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.platform.pages.browsing import OpenPage, Watch

NAMES = (
    "draft",
    "waiting",
    "alarm",
    "improves",
    "stopped",
    "list",
    "does not fit",
    "report",
    "keys",
    "nothing",
)
MOST_BYTES = 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious(
    name: str, all_pages: dict[str, str], open_page: OpenPage, watch: Watch
) -> None:
    watch.allowed = ["Failed to load resource: the server responded with a status of 404"]
    page = open_page(all_pages[name], color_scheme="light")
    assert serious(page, {}) == []
    page.emulate_media(color_scheme="dark")
    assert serious(page, {"runOnly": ["color-contrast"]}) == []


def serious(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        (violation["id"], node["html"])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", ["list", "new", "improves", "waiting", "report", "keys"])
@pytest.mark.parametrize("width", [360, 1600])
def test_no_page_is_wider_than_its_screen(
    name: str, width: int, all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages[name], viewport={"width": width, "height": 740})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


@pytest.mark.parametrize("name", ["improves", "new"])
def test_a_page_with_its_files_is_under_a_megabyte_and_draws_every_figure(
    name: str, all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    bodies: list[int] = []
    page.on(
        "response",
        lambda answer: (
            bodies.append(len(answer.body())) if answer.ok and "/events" not in answer.url else None
        ),
    )
    page.goto(all_pages[name])
    expect(page.locator(".drawing.ready svg")).to_have_count(page.locator("figure.figure .chart").count())
    assert page.locator("figure.figure .chart").count() >= 2
    assert 0 < sum(bodies) < MOST_BYTES


@pytest.mark.parametrize("name", ["list", "improves", "alarm", "report", "new"])
def test_a_page_can_be_read_without_javascript(
    name: str, all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages[name], java_script_enabled=False)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".chart:visible")).to_have_count(0)
    if name == "improves":
        expect(page.locator(".verdict .sentence")).to_contain_text("The candidate improves")
        expect(page.locator(".arms .strip")).to_be_visible()
        expect(page.locator("#difference-1 table")).to_have_count(1)


def test_the_keyboard_reaches_everything_in_reading_order(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["new"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    fields = [
        name for name in seen if name in ("name", "effect", "alpha", "power", "n_per_arm", "sd", "looks")
    ]
    assert fields[:7] == ["name", "effect", "alpha", "power", "n_per_arm", "sd", "looks"]
    assert "Seal the plan and get the token" in seen


def test_figures_take_the_colours_of_dark_mode_without_being_drawn_again(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["improves"], color_scheme="light")
    line = page.locator("#difference-1 .drawing.ready path[stroke='var(--candidate)']").first
    expect(line).to_be_attached()
    light = line.evaluate("line => getComputedStyle(line).stroke")
    page.emulate_media(color_scheme="dark")
    assert line.evaluate("line => getComputedStyle(line).stroke") not in {light, "none"}


def test_on_paper_nothing_is_left_that_can_only_be_clicked(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["waiting"])
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("button:visible")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
