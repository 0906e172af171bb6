"""What a person does in a real browser: plan with wrong numbers first, start, watch, read the verdict; and lose the line."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from liftstream.contracts.messages import Prediction, Session
from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Stage
from tests.platform.pages.browsing import OpenPage, Watch, served

NO_NOISE = "Failed to load resource"


def interested(clients: ShopClients) -> Any:
    """The best that any candidate could decide."""
    return np.asarray(clients.interested, dtype=bool)


@pytest.fixture
def play(stage: Stage) -> Callable[..., None]:
    """Lets clients come to an experiment; the next call lets others come."""
    came = [0]

    def come(token: str, clients: int) -> None:
        stage.play(
            {"candidate": token}, {"candidate": interested}, clients, seed=5, first_uuid=1_000_000 + came[0]
        )
        came[0] += clients
        stage.service.board.saw_record(stage.ms)

    return come


def value(page: Page, name: str) -> str:
    return page.locator(f"#{name}").input_value()


def test_from_wrong_numbers_to_a_verdict(
    stage: Stage,
    play: Callable[..., None],
    address: str,
    open_page: OpenPage,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("liftstream.platform.planning.requests.token_hex", lambda size: "5a" * size)
    watch.allowed = [f"{NO_NOISE}: the server responded with a status of 422"]
    stage.service.board.say("reading")
    page = open_page(f"{address}/")
    page.get_by_role("link", name="Plan the first experiment").click()

    page.locator("#n_per_arm").fill("100")
    expect(page.locator("#n_per_arm-problem")).to_contain_text("would fit")
    expect(page.locator("#power-answer")).to_contain_text("allow")
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was created: 2 fields do not fit")
    assert stage.service.summaries() == []

    page.locator("#name").fill("New category")
    page.locator("#effect").fill("1.4")
    page.locator("#looks").fill("2")
    page.get_by_role("link", name="Use 1,431").click()
    expect(page.locator("#n_per_arm-answer")).to_contain_text("fits the other three")
    assert value(page, "effect") == "1.4"
    planned = int(value(page, "n_per_arm").replace(",", ""))
    assert planned == 1_431
    page.get_by_role("button", name="Seal the plan").click()

    token = page.locator("#token-1").input_value()
    assert f"LIFTSTREAM_PIPELINE__TOKEN={token}" in page.locator("#command-1").inner_text()
    expect(page).to_have_url(re.compile(r"/experiments/[0-9a-f]{8}$"))
    page.get_by_role("button", name="Start the experiment").click()

    expect(page.locator(".verdict .sentence")).to_have_text("Waiting for the first client.")
    expect(page.locator("#connection")).to_have_text("Page updates live")
    page.evaluate("window.notReloaded = true")
    play(token, 1_000)
    expect(page.locator(".verdict .sentence")).to_contain_text("Too early to say. So far the candidate earns")
    expect(page.locator("#difference-1 .drawing.ready svg")).to_be_visible()
    play(token, 2 * planned)
    expect(page.locator(".verdict .sentence")).to_contain_text("The candidate improves")
    expect(page.locator(".verdict.good")).to_be_visible()
    assert page.evaluate("window.notReloaded")

    page.get_by_role("link", name="The report, to print").click()
    expect(page.locator(".verdict .sentence")).to_contain_text("The candidate improves")
    expect(page.locator("#ledger-title")).to_be_visible()

    page.go_back()
    page.get_by_role("button", name="Roll out candidate to all clients").click()
    expect(page.locator(".story")).to_contain_text("candidate is rolled out")
    expect(page.locator("#connection")).to_have_text("Page updates live")
    came = [stage.raw("session", Session(uuid, f"{uuid}-1", stage.ms)) for uuid in (7_000_001, 7_000_002)]
    assert stage.take(*came) == []
    decided = stage.take(stage.raw("prediction", Prediction(7_000_001, 1, token)), wait_ms=10)
    assert [(one.arm, one.value, one.answered) for one in decided] == [("candidate", 1, True)]
    expect(page.locator("[aria-labelledby=after-title]")).to_contain_text("2 sessions, 50 % answered in time")
    page.get_by_role("button", name="Take the roll-out back").click()
    expect(page.locator("#log-title + .log li").first).to_contain_text("it decided 2 sessions")
    assert stage.service.summaries()[0].rolled_out is None


def test_a_live_page_changes_in_place_and_draws_at_most_once_a_second(
    stage: Stage, play: Callable[..., None], address: str, open_page: OpenPage
) -> None:
    name, tokens = stage.create(name="Watched", n_per_arm=20_000)
    stage.service.start(name)
    play(tokens["candidate"], 500)
    page = open_page(f"{address}/experiments/{name}")
    expect(page.locator("#difference-1")).to_contain_text("The picture begins")
    expect(page.locator("#connection")).to_have_text("Page updates live")
    page.locator(".checks summary").first.click()
    page.get_by_text("Stop the experiment before its plan").click()
    page.locator("#reason").fill("half a sen")
    page.evaluate(
        """() => {
            window.drawn = [];
            window.began = performance.now();
            new MutationObserver((changes) => {
                for (const change of changes)
                    for (const node of change.addedNodes)
                        if (node.className === "drawing") drawn.push(change.target.closest("figure").id);
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    for _ in range(8):
        play(tokens["candidate"], 1_000)
    expect(page.locator(".arms .candidate")).to_contain_text("4,")
    came = stage.service.experiment(name).n_total
    expect(page.locator(".verdict")).to_contain_text(f"{came:,} of 40,000 planned clients")
    expect(page.locator(".checks details").first).to_have_attribute("open", "")
    assert page.locator("#reason").input_value() == "half a sen"
    assert page.evaluate("document.activeElement.id") == "reason"
    expect(page.locator("#difference-1 .drawing.ready")).to_have_count(1)
    seconds, drawn = page.evaluate("[(performance.now() - began) / 1000, drawn]")
    assert 1 <= drawn.count("difference-1") <= seconds + 1


def test_the_address_keeps_what_was_typed(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/experiments/new")
    page.locator("#effect").fill("0.5")
    expect(page).to_have_url(re.compile(r"/experiments/new\?.*effect=0\.5"))
    page.get_by_role("link", name="Use 11,129").click()
    expect(page).to_have_url(re.compile(r"n_per_arm=11%2C129"))
    page.reload()
    assert (value(page, "effect"), value(page, "n_per_arm")) == ("0.5", "11,129")
    expect(page.locator(".takes")).to_contain_text("22,258 clients in all")


def test_a_lost_connection_says_so_and_recovers(stage: Stage, open_page: OpenPage, watch: Watch) -> None:
    # of a refresh that was under way, and of tries to connect again before the server is back
    watch.allowed = [NO_NOISE, "htmx: htmx:error: Failed to fetch", "htmx: htmx:sse:error: Failed to fetch"]
    name, tokens = stage.create(name="Interrupted")
    stage.service.start(name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(stage.service, port) as address:
        page = open_page(f"{address}/experiments/{name}")
        expect(page.locator("#connection")).to_have_text("Page updates live")
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    expect(page.locator(".verdict .sentence")).to_have_text("Waiting for the first client.")
    again = Stage(stage.service.settings.platform.database)
    try:
        again.offsets, again.ms = stage.offsets, stage.ms
        with served(again.service, port):
            again.play(tokens, {"candidate": interested}, 500)
            expect(page.locator("#connection")).to_have_text("Page updates live")
            expect(page.locator(".verdict .sentence")).to_contain_text("So far")
    finally:
        again.service.close()


def test_a_page_says_that_its_log_in_ended_and_goes_on_after_the_next(
    tmp_path: Path, open_page: OpenPage, watch: Watch
) -> None:
    watch.allowed = [NO_NOISE, "htmx: htmx:sse:error: SSE reconnect failed with status 401"]
    secrets = {"admin_password": "a-long-password", "secret": "0123456789abcdef"}
    stage = Stage(f"sqlite:///{tmp_path / 'platform.db'}", **secrets)
    with served(stage.service) as address:
        page = open_page(f"{address}/experiments")
        page.get_by_label("Password").fill("a-long-password")
        page.get_by_role("button", name="Log in", exact=True).click()
        said = page.locator("#connection")
        expect(said).to_have_text("Page updates live")
        other = page.context.request  # shares the page's cookies
        other.post(f"{address}/logout", headers={"Origin": address})
        for _ in range(3):  # it stays so, however often the page asks again
            with page.expect_response(lambda answer: answer.url.endswith("/events") and answer.status == 401):
                pass
            page.wait_for_timeout(50)
            expect(said).to_contain_text("Logged out", timeout=1_000)
        other.post(f"{address}/login", form={"password": "a-long-password"}, headers={"Origin": address})
        expect(said).to_have_text("Page updates live")
        page.close()
    stage.service.close()


def test_what_was_typed_outlives_the_log_in(tmp_path: Path, open_page: OpenPage, watch: Watch) -> None:
    watch.allowed = [NO_NOISE]
    secrets = {"admin_password": "a-long-password", "secret": "0123456789abcdef"}
    stage = Stage(f"sqlite:///{tmp_path / 'platform.db'}", **secrets)

    def log_in(page: Page) -> None:
        page.get_by_label("Password").fill("a-long-password")
        page.get_by_role("button", name="Log in", exact=True).click()

    with served(stage.service) as address:
        page = open_page(f"{address}/experiments/new")
        log_in(page)
        page.locator("#name").fill("Typed")
        expect(page).to_have_url(re.compile("name=Typed"))
        page.context.clear_cookies()
        page.locator("#n_per_arm").fill("6000")
        expect(page.locator("#connection")).to_contain_text("Logged out")
        assert value(page, "name") == "Typed"
        page.get_by_role("button", name="Seal the plan").click()
        expect(page.get_by_role("heading")).to_have_text("Please log in")
        assert stage.service.summaries() == []
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Log in in another tab").click()
        log_in(opened.value)
        expect(opened.value.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()
        page.reload()
        expect(page.locator("#token-1")).to_be_visible()
        assert [(found.name, found.plan.n_per_arm) for found in stage.service.summaries()] == [
            ("Typed", 6000)
        ]
        page.close()
        opened.value.close()
    stage.service.close()


def test_many_tabs_in_the_background_leave_the_browser_its_connections(
    address: str, open_page: OpenPage
) -> None:
    page = open_page("about:blank")
    page.context.add_init_script(
        "window.isHidden = true; Object.defineProperty(document, 'hidden', { get: () => window.isHidden })"
    )
    tabs = [page.context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(f"{address}/")
        expect(tab.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()
    tabs[0].evaluate("isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(tabs[0].locator("#connection")).to_have_text("Page updates live")
    expect(tabs[1].locator("#connection")).to_have_text("")


def test_kafka_away_is_said_over_the_verdict_and_goes_when_it_is_back(
    stage: Stage, play: Callable[..., None], address: str, open_page: OpenPage
) -> None:
    name, tokens = stage.create(name="Interrupted")
    stage.service.start(name)
    play(tokens["candidate"], 500)
    stage.service.board.say("away", "localhost:9092 refused the connection")
    page = open_page(f"{address}/experiments/{name}")
    expect(page.locator(".notice")).to_contain_text(
        "Kafka cannot be reached: localhost:9092 refused the connection."
    )
    stage.service.board.say("reading")
    stage.service.changes.publish([name])
    expect(page.locator(".notice")).to_have_count(0)


def test_the_form_can_be_filled_without_javascript(stage: Stage, address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/experiments/new", java_script_enabled=False)
    page.locator("#name").fill("Plain")
    page.locator("#n_per_arm").fill("5000")
    page.get_by_role("button", name="Calculate").click()
    page.get_by_role("link", name="Use 5,678").click()
    assert value(page, "name") == "Plain"
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.locator("#token-1")).to_be_visible()
    assert [found.name for found in stage.service.summaries()] == ["Plain"]


def test_a_stopped_experiment_says_why(
    stage: Stage, play: Callable[..., None], address: str, open_page: OpenPage
) -> None:
    name, tokens = stage.create(name="Given up")
    stage.service.start(name)
    play(tokens["candidate"], 500)
    page = open_page(f"{address}/experiments/{name}")
    page.get_by_text("Stop the experiment before its plan").click()
    page.get_by_label("Why?").fill("wrong month")
    page.get_by_role("button", name="Stop it").click()
    expect(page.locator(".verdict .sentence")).to_contain_text(
        "Stopped before its plan (wrong month), so no verdict."
    )


def test_an_arm_can_be_rolled_out_without_javascript_and_without_a_winner(
    stage: Stage, play: Callable[..., None], address: str, open_page: OpenPage
) -> None:
    name, tokens = stage.create(name="Given up")
    stage.service.start(name)
    play(tokens["candidate"], 500)
    stage.service.stop(name, "wrong month")
    page = open_page(f"{address}/experiments/{name}", java_script_enabled=False)
    page.get_by_text("Roll out an arm").click()
    expect(page.locator("[aria-labelledby=after-title]")).to_contain_text(
        "did not find that a candidate improves"
    )
    page.get_by_label("Arm", exact=True).select_option("original")
    page.get_by_role("button", name="Roll it out").click()
    expect(page.locator(".story")).to_contain_text("original is rolled out")
    page.get_by_role("button", name="Take the roll-out back").click()
    expect(page.get_by_text("Roll out an arm")).to_be_visible()


def test_a_token_can_be_replaced_after_a_question(stage: Stage, address: str, open_page: OpenPage) -> None:
    name, tokens = stage.create(name="Leaked")
    page = open_page(f"{address}/experiments/{name}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Replace the token of candidate").click()
    new = page.locator("#token-1").input_value()
    assert new not in {"", tokens["candidate"]}
    expect(page).to_have_url(f"{address}/experiments/{name}")


def test_names_are_text_wherever_they_stand(stage: Stage, address: str, open_page: OpenPage) -> None:
    hostile = "</script><img src=x onerror=\"document.title='taken'\">'\"{{7*7}}"
    name, tokens = stage.create(name=hostile, candidates=[hostile[:70], "two"], n_per_arm=8_000)
    stage.service.start(name)
    stage.play(tokens, dict.fromkeys(tokens, interested), 500)
    for path in ("/", f"/experiments/{name}", f"/experiments/{name}/report"):
        page = open_page(address + path)
        expect(page.get_by_text(hostile).first).to_be_visible()
        assert "taken" not in page.title() or hostile in page.title()


def test_what_was_typed_before_the_scripts_came_is_answered_too(
    address: str, open_page: OpenPage, watch: Watch
) -> None:
    page = open_page("about:blank")
    held: list[Any] = []
    page.route("**/live.js*", lambda route: held.append(route))
    with page.expect_request("**/live.js*"):
        page.goto(f"{address}/experiments/new", wait_until="commit")
    page.locator("#n_per_arm").fill("100")
    expect(page.locator("#n_per_arm")).to_have_value("100")
    held[0].continue_()
    expect(page.locator("#n_per_arm-problem")).to_contain_text("5,678 would fit")
