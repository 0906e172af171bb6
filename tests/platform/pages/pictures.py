"""Takes the pictures of the pages that the documentation shows: `python -m tests.platform.pages.pictures docs/pictures`.

They come from a simulated shop through the platform's own code, with a clock and salts of their own: the same every time.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from playwright.sync_api import Browser, expect, sync_playwright

from liftstream.experiment import draw_arm
from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Rule, Stage, everybody, likely_buyers, men
from tests.platform.pages.browsing import ARGUMENTS, CHROMIUM, served

HOUR_MS = 3_600_000
expect.set_options(timeout=30_000)
DESK, PHONE = {"width": 1180, "height": 860}, {"width": 360, "height": 740}


def main() -> None:
    """Writes `page-*.png` into the folder of the command line."""
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as place, _known_names(), sync_playwright() as playwright:
        stage = Stage(f"sqlite:///{Path(place) / 'pictures.db'}")
        found = _experiments(stage)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with served(stage.service) as address:
            _take_all(browser, folder, address, stage, found)
        browser.close()
        stage.service.close()


@contextmanager
def _known_names() -> Iterator[None]:
    """Salts, ids and tokens that are the same every time."""
    numbers = itertools.count(1)

    def name(size: int) -> str:
        return f"{next(numbers) * 0x9E3779B97F4A7C15 % 2**64:016x}"[: 2 * size]

    with (
        patch("liftstream.platform.planning.requests.token_hex", name),
        patch("liftstream.platform.registry.token_hex", name),
    ):
        yield


def _experiments(stage: Stage) -> dict[str, str]:
    """One of every situation; the running one last, so that it is now."""
    found: dict[str, str] = {}

    def run(word: str, rule: Rule, clients: int, step_ms: int, **fields: Any) -> None:
        options = {name: fields.pop(name) for name in ("lost", "unanswered", "seed") if name in fields}
        found[word], tokens = stage.create(**fields)
        stage.service.start(found[word])
        first = 1_000_000 * len(found)
        stage.play(tokens, dict.fromkeys(tokens, rule), clients, first_uuid=first, step_ms=step_ms, **options)

    run("no improvement", men, 2_500, HOUR_MS, name="The original once more", effect=1.5, n_per_arm=1_250)
    run(
        "harms",
        everybody,
        11_754,
        HOUR_MS,
        name="New category, shown to everybody",
        n_per_arm=5_877,
        looks=5,
    )
    run("alarm", likely_buyers, 4_500, HOUR_MS, name="Boosting, first try", lost=_leak(stage, found))
    stage.service.stop(found["alarm"], "answers of one worker were lost")
    run("improves", likely_buyers, 11_754, HOUR_MS, name="New category, LR at 0.5", n_per_arm=5_877, looks=5)
    found["draft"], _ = stage.create(name="Christmas", n_per_arm=7_000)
    run(
        "running",
        likely_buyers,
        6_500,
        5 * HOUR_MS,
        name="New category, LR at 0.65",
        n_per_arm=5_877,
        looks=5,
        unanswered=0.0006,
        seed=7,
    )
    stage.service.board.say("reading")
    stage.service.board.saw_record(stage.ms - 1_000)
    return found


def _leak(stage: Stage, found: dict[str, str]) -> Any:
    """Loses a fifth of the candidate's clients."""

    def lost(people: ShopClients) -> Any:
        plan = stage.service.experiment(found["alarm"]).plan
        arms = np.array([draw_arm(uuid, plan.salt, plan.shares) for uuid in people.uuid.tolist()])
        return (arms == "candidate") & (np.random.default_rng(8).random(len(people)) < 0.2)

    return lost


def _take_all(browser: Browser, folder: Path, address: str, stage: Stage, found: dict[str, str]) -> None:
    def take(name: str, path: str, *, whole: bool = True, **options: Any) -> None:
        context = browser.new_context(**{"viewport": DESK, "color_scheme": "light", **options})
        page = context.new_page()
        page.goto(address + path)
        expect(page.locator(".drawing.ready")).to_have_count(page.locator(".chart").count())
        if page.locator("#connection").count():
            expect(page.locator("#connection")).to_have_text("Page updates live")
        page.screenshot(path=folder / f"page-{name}.png", full_page=whole)
        context.close()

    pages = {word: f"/experiments/{name}" for word, name in found.items()}
    take("list", "/")
    take("new", "/experiments/new?name=Gradient%20boosting&looks=5&n_per_arm=5000")
    take("running", pages["running"])
    take("running-phone", pages["running"], whole=False, viewport=PHONE, device_scale_factor=2)
    take("improves", pages["improves"], whole=False)
    take("harms-dark", pages["harms"], whole=False, color_scheme="dark")
    take("alarm", pages["alarm"], whole=False)
    take("draft", pages["draft"], whole=False)
    take("report", f"{pages['improves']}/report")
    stage.service.board.say("away", "localhost:9092 refuses the connection")
    take("kafka-away", pages["running"], whole=False)


if __name__ == "__main__":
    main()
