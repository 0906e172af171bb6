"""Every page in a real browser: policy, accessibility, size, narrow screens, without JavaScript, on paper."""

import re

import pytest
from playwright.sync_api import expect

from testbed.platform_stage import Stage
from tests.platform.pages.browsing import OpenPage, Watch, served, unfold, violations

NAMES = (
    "draft",
    "waiting",
    "running",
    "alarm",
    "improves",
    "no improvement",
    "harms",
    "stopped",
    "list",
    "new",
    "does not fit",
    "report",
    "how to read",
    "routes",
    "bandits",
    "new bandit",
    "keys",
    "nothing",
)
MOST_BYTES = 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(name: str, all_pages: dict[str, str], open_page: OpenPage, watch: Watch) -> None:
    watch.allowed = ["Failed to load resource: the server responded with a status of 404"]
    page = open_page(all_pages[name], color_scheme="light")
    unfold(page)
    assert violations(page, {}) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, {"runOnly": ["color-contrast"]}) == []


@pytest.mark.parametrize("name", ["running", "improves", "report", "new", "routes"])
def test_axe_finds_nothing_on_a_phone(name: str, all_pages: dict[str, str], open_page: OpenPage) -> None:
    page = open_page(all_pages[name], viewport={"width": 390, "height": 800})
    unfold(page)
    assert violations(page, {}) == []


def test_what_analysts_ask_for_is_folded_and_drawn_when_it_is_opened(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["improves"])
    bounds = page.locator("#bounds-1 .drawing.ready svg")
    expect(bounds).to_have_count(1)
    expect(page.locator("#bounds-1")).to_be_hidden()
    expect(page.get_by_text("Method")).to_be_hidden()
    page.locator(".analysts > summary").press("Enter")
    expect(page.get_by_text("Method")).to_be_visible()
    page.wait_for_function(
        "document.querySelector('#bounds-1 .drawing svg').getBoundingClientRect().width > 300"
    )


def test_local_time_stands_beside_utc_and_without_javascript_utc_stays(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["improves"], timezone_id="Asia/Tokyo", locale="de-DE")
    expect(page.locator(".story")).to_contain_text("ended 15. Nov. 07:27 local time, 22:27:50 UTC")
    plain = open_page(all_pages["improves"], timezone_id="Asia/Tokyo", java_script_enabled=False)
    expect(plain.locator(".story")).to_contain_text("ended 22:27:50 UTC")
    running = open_page(all_pages["running"], timezone_id="Atlantic/Azores", locale="de-DE")
    expect(running.locator(".verdict")).to_contain_text(
        re.compile(r"is due on \d+\. \S+ \d\d:\d\d local time, \d{4}-\d\d-\d\d at \d\d:\d\d UTC")
    )
    home = open_page(all_pages["running"], timezone_id="UTC")
    expect(home.locator(".local")).to_have_count(0)


def test_a_running_page_leads_with_too_early_and_not_with_a_number(
    all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages["running"])
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    sentence = page.locator(".verdict .sentence")
    assert sentence.evaluate("element => element.firstChild.textContent.trim()") == "Too early to say."
    assert page.locator(".so-far").evaluate(size) < 0.8 * sentence.evaluate(size)
    expect(page.locator(".worth")).to_have_count(0)


@pytest.mark.parametrize(
    "name", ["list", "new", "improves", "waiting", "report", "how to read", "routes", "keys"]
)
@pytest.mark.parametrize("width", [360, 1600])
def test_no_page_is_wider_than_its_screen(
    name: str, width: int, all_pages: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(all_pages[name], viewport={"width": width, "height": 740})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


@pytest.mark.parametrize("width", [360, 768, 1120])
def test_long_names_neither_widen_a_page_nor_are_squeezed(
    width: int, stage: Stage, open_page: OpenPage
) -> None:
    long = "Größenwahnsinnsüberschrift" * 3
    name, _ = stage.create(name=long, candidates=[long], effect=7e9, sd=1.5e11)
    stage.service.start(name)
    stage.create(name="An improvement of the category")
    stage.service.make_key(long)
    with served(stage.service) as address:
        for path in ("/", f"/experiments/{name}", "/keys"):
            page = open_page(f"{address}{path}", viewport={"width": width, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            if path == "/":  # "improvement" is on one line
                assert page.get_by_role("rowheader").first.evaluate("cell => cell.clientWidth") >= 150
            page.close()


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


def test_the_list_without_experiments_fits_a_phone_however_long_its_command(
    stage: Stage, open_page: OpenPage
) -> None:
    with served(stage.service) as address:
        page = open_page(address, viewport={"width": 360, "height": 740})
        page.locator("pre code").evaluate("code => { code.textContent = 'x'.repeat(90); }")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_javascript_no_button_promises_to_copy(stage: Stage, open_page: OpenPage) -> None:
    with served(stage.service) as address:
        for scripts, shown in ((False, 0), (True, 2)):
            page = open_page(f"{address}/experiments/new", java_script_enabled=scripts)
            page.locator("#name").fill("New category")
            page.get_by_role("button", name="Seal the plan").click()
            expect(page.locator("#token-1")).to_be_visible()
            expect(page.locator("[data-copy]:visible")).to_have_count(shown)
