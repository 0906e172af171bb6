"""A real browser on a platform that is served, and what every page must keep: no errors, no foreign address, its policy."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from testbed.platform_stage import Stage
from tests.platform.pages.browsing import ARGUMENTS, CHROMIUM, PAGE, OpenPage, Watch, served

WAIT_MS = 120_000
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of one file: its event loop must not outlive them, others run loops of their own."""
    if not Path(CHROMIUM).exists():
        said = "no Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(f"tests in a real browser are never left out where CI is set: {said}", pytrace=False)
        pytest.skip(said)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test for any error in the console (the content security policy speaks there) and any foreign address."""
    made = Watch()
    yield made
    assert made.faults == []


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """`open_page(url, color_scheme="dark", viewport=..., java_script_enabled=False)`: a page in a context of its own."""
    contexts = []

    def opened(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        watch.over(page)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """Of the stage's pages; named before `open_page`, so that pages are closed first."""
    with served(stage.service) as found:
        yield found


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    """Somebody with a browser that runs no scripts."""
    with (
        served(stage.service) as address,
        httpx.Client(base_url=address, headers=PAGE, timeout=300, trust_env=False) as made,
    ):
        yield made


@pytest.fixture(scope="session")
def all_pages(states: tuple[Stage, dict[str, str]]) -> Iterator[dict[str, str]]:
    """Address of the page of every situation, and of all other pages; look, do not touch."""
    stage, found = states
    stage.service.board.say("reading")
    stage.service.board.saw_record(stage.ms)
    with served(stage.service) as address:
        pages = {word: f"{address}/experiments/{name}" for word, name in found.items()}
        yield pages | {
            "list": f"{address}/",
            "new": f"{address}/experiments/new",
            "does not fit": f"{address}/experiments/new?n_per_arm=5000&looks=5&alternative=two-sided",
            "report": f"{pages['improves']}/report",
            "routes": f"{address}/docs",
            "how to read": f"{address}/how-to-read",
            "bandits": f"{address}/bandits",
            "new bandit": f"{address}/bandits/new",
            "keys": f"{address}/keys",
            "nothing": f"{address}/nothing",
        }
