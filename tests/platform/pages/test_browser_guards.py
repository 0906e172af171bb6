"""Guards and other measures in a real browser: planned on the form, shown when they break, accessible."""

from playwright.sync_api import expect

from testbed.platform_stage import Stage
from tests.platform.guarded_shop import RETURNED, Shop, whole
from tests.platform.pages.browsing import OpenPage, unfold, violations


def test_another_measure_changes_the_form_at_once_and_a_guard_is_sealed(
    stage: Stage, address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/experiments/new")
    page.locator("#name").fill("Contacts")
    page.locator("#measure").select_option("proportion")
    expect(page.locator("#base_rate")).to_have_value("5 %")
    expect(page.locator("#effect")).to_have_value("1 %")
    expect(page.locator("#n_per_arm")).to_have_value("6,426")
    expect(page.locator("#sd")).to_have_count(0)
    expect(page.locator("#outcome-problem")).to_contain_text("name the outcome")
    page.locator("#outcome").fill("contact")
    expect(page.locator("#outcome-problem")).to_have_count(0)
    page.locator("#base_rate").fill("10,5 %")
    page.get_by_role("link", name="Use 10.5 %").click()
    expect(page.locator("#n_per_arm-problem")).to_contain_text("would fit")
    page.locator("#n_per_arm-problem a").click()
    expect(page.locator(".takes")).to_contain_text("From 10.50 % to 11.50 % of clients")
    page.get_by_text("Guards: what must not get worse").click()
    page.locator("#guard1_measure").select_option("money")
    expect(page.locator("#guard1_margin-problem")).to_be_visible()
    page.locator("#guard1_margin").fill("3")
    page.locator("#guard1_margin_of").select_option("original")
    expect(page.locator("#guard1_margin-problem")).to_have_count(0)
    assert violations(page, {}) == []
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.locator("#token-1")).to_be_visible()
    [made] = stage.service.summaries()
    assert (made.plan.kind, made.plan.outcome, made.plan.base_rate) == ("proportion", "contact", 0.105)
    assert [(guard.name, guard.margin, guard.relative_margin) for guard in made.plan.guards] == [
        ("money", 0.03, True)
    ]


def test_the_same_without_javascript(stage: Stage, address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/experiments/new", java_script_enabled=False)
    page.locator("#name").fill("Plain")
    page.locator("#measure").select_option("bought")
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("#base_rate")).to_have_value("5 %")
    page.get_by_text("Guards: what must not get worse").click()
    page.locator("#guard1_measure").select_option("count")
    page.locator("#guard1_outcome").fill("returned")
    page.locator("#guard1_direction").select_option("less")
    page.locator("#guard1_margin").fill("0,1")
    page.get_by_role("button", name="Calculate").click()
    page.get_by_role("link", name="Use 0.1").click()
    page.get_by_role("button", name="Seal the plan").click()
    expect(page.locator("#token-1")).to_be_visible()
    [made] = stage.service.summaries()
    assert [(guard.name, guard.kind, guard.margin) for guard in made.plan.guards] == [
        ("returned", "count", 0.1)
    ]


def test_a_guard_that_breaks_is_a_banner_while_the_experiment_runs(
    stage: Stage, address: str, open_page: OpenPage
) -> None:
    shop = Shop(stage, name="Watched", looks=[0.5, 1.0], spending="pocock", n_per_arm=800, guards=[RETURNED])
    here = range(1, 801)
    for start in range(1, 801, 100):
        shop.come(range(start, start + 100))
    page = open_page(f"{address}/experiments/{shop.id}")
    expect(page.locator("#guards-title")).to_be_visible()
    expect(page.get_by_text("waits for the first look")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    shop.do("returned", [uuid for uuid in here if uuid % (5 if shop.arm(uuid) == "candidate" else 25) == 0])
    shop.pay({uuid: float(uuid % 23) for uuid in here})
    stage.service.changes.publish([shop.id])
    banner = page.locator(".notice.bad")
    expect(banner).to_contain_text("returned got worse")
    expect(banner).to_contain_text("the accepted margin is 2.00 points")
    expect(page.locator(".log")).to_contain_text("guard returned broken")
    assert shop.shown.state == "running"
    assert violations(page, {}) == []
    listed = open_page(f"{address}/")
    expect(listed.get_by_text("a guard broke")).to_be_visible()


def test_a_winner_that_breaks_a_guard_is_not_offered_to_everybody(
    stage: Stage, address: str, open_page: OpenPage
) -> None:
    shop = whole(stage, (0.1, 0.25), name="Bought too dear")
    page = open_page(f"{address}/experiments/{shop.id}")
    expect(page.locator(".verdict.bad .sentence")).to_contain_text("guards: returned BREAKS")
    expect(page.locator(".verdict")).to_contain_text("Do not roll out the candidate as it is")
    expect(page.get_by_role("button", name="Roll out candidate to all clients")).to_have_count(0)
    for path in (f"/experiments/{shop.id}", f"/experiments/{shop.id}/report"):
        for viewport in ({"width": 1280, "height": 900}, {"width": 390, "height": 800}):
            page = open_page(address + path, viewport=viewport)
            unfold(page)
            assert violations(page, {}) == []
            expect(page.get_by_role("cell", name="breaks")).to_be_visible()
