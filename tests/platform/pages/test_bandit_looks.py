"""The pages of bandits in a real browser: policy, accessibility, narrow screens, without JavaScript, hostile names,
keyboard, live."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from testbed.platform_stage import Stage
from tests.platform.bandits.block import Block
from tests.platform.pages.browsing import OpenPage, Watch, served, violations

EVIL = "<img src=x onerror=alert(1)> " + "x" * 40
NAMES = ("running", "alarm", "draft", "list", "new", "report")


@pytest.fixture(scope="module")
def bandit_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, dict[str, Block], str]]:
    stage = Stage(f"sqlite:///{tmp_path_factory.mktemp('bandits') / 'platform.db'}")
    rates = {"price": 0.5, "words": 0.2, "new": 0.1, EVIL: 0.1, "reference": 0.2}
    evil = {"name": EVIL, "configuration": {EVIL: EVIL * 20, "deep": {"a": [1, 2, {"b": None}]}}}
    blocks = {word: Block(stage, name=f"Block {word}") for word in ("running", "alarm", "draft")}
    for word in ("running", "alarm"):
        blocks[word].start()
        stage.service.bandits.add_arm(blocks[word].id, evil)
        # its long name is in the sentence of one of them
        blocks[word].play(30, rates | {EVIL: 0.9} if word == "running" else rates)
    spoil(blocks["alarm"])
    with served(stage.service) as address:
        yield stage, blocks, address
    stage.service.close()


def spoil(block: Block) -> None:
    """The guard falls in the target group."""
    units = [str(unit) for unit in range(2_000)]
    chosen = {unit: block.choose(unit) for unit in units}
    block.stage.take(
        *(
            block.outcome(one["decision"], unit, name="deal")
            for unit, one in chosen.items()
            if one["group"] == "reference" or int(unit) % 4 == 0
        )
    )


@pytest.fixture(scope="module")
def addresses(bandit_pages: tuple[Stage, dict[str, Block], str]) -> dict[str, str]:
    _, blocks, address = bandit_pages
    pages = {word: f"{address}/bandits/{block.id}" for word, block in blocks.items()}
    return pages | {
        "report": f"{pages['alarm']}/report",
        "list": f"{address}/bandits",
        "new": f"{address}/bandits/new",
    }


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(name: str, addresses: dict[str, str], open_page: OpenPage) -> None:
    page = open_page(addresses[name], color_scheme="light")
    assert violations(page, {}) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, {"runOnly": ["color-contrast"]}) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [360, 1600])
def test_no_page_is_wider_than_its_screen(
    name: str, width: int, addresses: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(addresses[name], viewport={"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_can_be_read_without_javascript_and_shows_names_as_text(
    addresses: dict[str, str], open_page: OpenPage
) -> None:
    page = open_page(addresses["alarm"], java_script_enabled=False)
    expect(page.locator(".verdict .sentence")).to_contain_text("Serving")
    expect(page.locator(".verdict")).to_contain_text("deal falls")
    expect(page.get_by_role("rowheader", name=EVIL)).to_have_count(1)
    expect(page.locator("img")).to_have_count(0)


def test_figures_are_drawn_with_hostile_names(addresses: dict[str, str], open_page: OpenPage) -> None:
    page = open_page(addresses["running"])
    expect(page.locator(".drawing.ready svg")).to_have_count(2)


def test_a_form_with_mistakes_keeps_what_was_typed_and_is_accessible(
    addresses: dict[str, str], open_page: OpenPage, watch: Watch
) -> None:
    watch.allowed = ["Failed to load resource: the server responded with a status of 422"]
    page = open_page(addresses["new"])
    page.get_by_label("Name").fill(EVIL)
    page.get_by_label("Least share of each arm").fill("0.9")
    with page.expect_response(lambda answer: answer.status == 422):
        page.get_by_role("button", name="Create a draft").click()
    expect(page.locator("#field-least_share .problem")).to_contain_text("a probability from 0 to 1/2")
    expect(page.get_by_label("Name")).to_have_value(EVIL)
    assert violations(page, {}) == []


def test_an_arm_is_killed_with_the_keyboard_and_another_page_shows_it_live(
    bandit_pages: tuple[Stage, dict[str, Block], str], addresses: dict[str, str], open_page: OpenPage
) -> None:
    stage, blocks, _ = bandit_pages
    watching, acting = open_page(addresses["running"]), open_page(addresses["running"])
    button = acting.get_by_role("button", name="Kill words")
    button.focus()
    acting.keyboard.press("Enter")
    expect(acting.get_by_role("row", name="words killed")).to_be_visible()
    expect(watching.get_by_role("row", name="words killed")).to_be_visible()
    states = {arm.name: arm.state for arm in stage.service.bandit(blocks["running"].id).arms}
    assert states["words"] == "killed"
