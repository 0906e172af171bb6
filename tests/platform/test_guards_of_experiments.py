"""Experiments that watch over more than they are about: guards counted, judged at every look, told, and reproduced from
the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream
from liftstream.experiment import Ledger, Moments, Plan, verdict
from liftstream.platform.clients_file import client_lines
from liftstream.platform.planning.requests import Incoherent
from testbed.platform_stage import Stage
from tests.platform.guarded_shop import RETURNED, WITHIN_MS, Shop, whole


def values_of(guard: Any) -> tuple[float, float]:
    return guard.n_original * (guard.original_value or 0), guard.n_candidate * (guard.candidate_value or 0)


def test_a_guard_counts_the_clients_that_the_decision_counts(stage_on: Stage) -> None:
    shop = Shop(stage_on, guards=[RETURNED, {"outcome": "page", "kind": "count", "margin": "5%"}])
    shop.come(range(1, 101))
    shop.do("returned", range(1, 21))
    shop.do("page", range(1, 101), value=3)
    assert sum(values_of(shop.guard("returned"))) == 0
    shop.pay({uuid: 10.0 + uuid for uuid in range(1, 51)})
    assert shop.guard("returned").n_original + shop.guard("returned").n_candidate == 50
    assert sum(values_of(shop.guard("returned"))) == pytest.approx(20)
    shop.do("returned", range(1, 31))
    assert sum(values_of(shop.guard("returned"))) == pytest.approx(30)
    assert sum(values_of(shop.guard("page"))) == pytest.approx(150)
    shop.do("page", range(1, 11), value=2)
    shop.do("nothing of ours", range(1, 11))
    assert sum(values_of(shop.guard("page"))) == pytest.approx(170)


def test_money_watched_over_follows_refunds_and_late_money(stage_on: Stage) -> None:
    shop = Shop(
        stage_on,
        metric={"kind": "proportion", "outcome": "contact"}, base_rate=0.1, effect=0.1, sd=None, n_per_arm=400,
        guards=[{"source": "revenue", "kind": "money", "margin": 1}, {"source": "revenue", "kind": "proportion", "margin": 0.05}],
    )  # fmt: skip
    shop.come(range(1, 101))
    assert shop.guard("money").n_original + shop.guard("money").n_candidate == 100
    shop.pay(dict.fromkeys(range(1, 61), 20.0))
    assert (sum(values_of(shop.guard("money"))), sum(values_of(shop.guard("bought")))) == pytest.approx(
        (1_200, 60)
    )
    shop.pay(dict.fromkeys(range(1, 11), 0.0), revision=1)
    assert (sum(values_of(shop.guard("money"))), sum(values_of(shop.guard("bought")))) == pytest.approx(
        (1_000, 50)
    )
    assert all(arm.mean == 0 for arm in shop.shown.arms)


def test_money_does_not_change_an_experiment_about_an_outcome(stage: Stage) -> None:
    shop = Shop(stage, metric={"kind": "count", "outcome": "contact"}, base_rate=1.0, effect=0.3, sd=None)
    shop.come(range(1, 101))
    shop.pay(dict.fromkeys(range(1, 101), 20.0))
    assert [arm.mean for arm in shop.shown.arms] == [0, 0]
    reasons = {one.reason: one.count for one in shop.shown.answers.reasons if one.kind == "revenue"}
    assert reasons["not_measured"] == 100


def test_bought_or_not_is_a_share_of_the_clients_whose_money_is_known(stage_on: Stage) -> None:
    shop = Shop(
        stage_on,
        metric={"kind": "proportion", "source": "revenue"},
        base_rate=0.2,
        effect=0.1,
        sd=None,
        n_per_arm=400,
    )
    shop.come(range(1, 101))
    shop.do("bought", range(1, 101))
    assert sum(arm.n for arm in shop.shown.arms) == 0
    shop.pay({uuid: 0.0 if uuid % 4 else 7.5 for uuid in range(1, 101)})
    assert sum(arm.n * (arm.mean or 0) for arm in shop.shown.arms) == pytest.approx(25)
    shop.pay({4: 0.0, 8: 3.0}, revision=1)
    assert sum(arm.n * (arm.mean or 0) for arm in shop.shown.arms) == pytest.approx(24)
    assert "bought is" in shop.shown.sentence


@pytest.mark.parametrize(("rates", "word"), [((0.1, 0.25), "breaks"), ((0.05, 0.01), "holds")])
def test_a_guard_is_judged_at_the_end_told_and_logged(
    stage_on: Stage, rates: tuple[float, float], word: str
) -> None:
    shop = whole(stage_on, rates)
    shown, guard = shop.shown, shop.guard("returned")
    assert (shown.state, shown.verdict, guard.verdict) == ("finished", "improves", word)
    assert f"; guards: returned {'BREAKS' if word == 'breaks' else 'holds'} (" in shown.sentence
    lines = [line for line in shown.log if line.kind == "guard"]
    assert [line.said.startswith("guard returned broken: ") for line in lines] == (
        [True] if word == "breaks" else []
    )
    assert shown.situation == ("guard breaks" if word == "breaks" else "improves")
    assert shown.advice.startswith("Do not roll out" if word == "breaks" else "Roll out")


@pytest.mark.parametrize("rates", [(0.1, 0.25), (0.05, 0.01)])
def test_analyze_reaches_the_same_verdict_and_guards_from_the_file(
    stage: Stage, tmp_path: Path, rates: tuple[float, float]
) -> None:
    shop = whole(stage, rates)
    report = stage.service.report(shop.id).model_dump(mode="json")
    plan, file = tmp_path / "report.json", tmp_path / "clients.csv"
    plan.write_text(json.dumps(report))
    file.write_text("".join(client_lines(stage.service, shop.id)))
    assert file.read_text().splitlines()[0] == "client,arm,revenue,look,returned,page"
    done = CliRunner().invoke(liftstream, ["analyze", str(file), "--plan", str(plan), "--json"])
    found = json.loads(done.stdout)
    assert (found["verdict"], found["sentence"]) == (report["verdict"], report["sentence"])
    for ours, theirs in zip(report["guards"], found["guards"], strict=True):
        assert ours["verdict"] == theirs["verdict"]
        for name in ("effect", "ci_low", "ci_high", "pvalue", "pvalue_harm", "alpha", "look"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-9, abs=1e-12)


def test_the_ledger_of_a_report_computes_to_the_same_guards_again(stage: Stage) -> None:
    shop = whole(stage, (0.1, 0.25))
    report = stage.service.report(shop.id)
    from liftstream.experiment.trial.plans import FIELDS

    sealed = Plan.from_dict({**report.plan.model_dump(include={*FIELDS, "hash"})})
    again = verdict(sealed, Ledger.from_dict(report.ledger))
    assert [guard.to_dict() for guard in again.guards] == [
        guard.model_dump(exclude={"change"}) for guard in report.guards
    ]


def test_sums_of_guards_are_those_of_the_clients_after_a_restart(stage: Stage) -> None:
    shop = whole(stage, (0.1, 0.2))
    lines = [line.split(",") for line in "".join(client_lines(stage.service, shop.id)).splitlines()[1:]]
    ledger = Ledger.from_dict(stage.service.report(shop.id).ledger)
    last = ledger.looks[-1]
    counted = [line for line in lines if 0 < int(line[3]) <= last.number]
    for column, name in ((4, "returned"), (5, "page")):
        for arm in ("original", "candidate"):
            direct = Moments.of([float(line[column]) for line in counted if line[1] == arm])
            kept = last.guards[name][arm]
            assert (kept.n, kept.mean, kept.m2) == (
                direct.n,
                pytest.approx(direct.mean),
                pytest.approx(direct.m2),
            )


def test_a_broken_batch_leaves_no_half_counted_guard(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(stage, guards=[RETURNED])
    shop.come(range(1, 51))
    shop.pay(dict.fromkeys(range(1, 51), 10.0))
    with monkeypatch.context() as broken:
        broken.setattr("liftstream.platform.ingest.collector.saving.save_places", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.do("returned", range(1, 11))
    assert sum(values_of(shop.guard("returned"))) == 0
    shop.do("returned", range(1, 21))
    assert sum(values_of(shop.guard("returned"))) == pytest.approx(20)


def test_a_money_experiment_with_a_guard_waits_for_what_may_still_come(stage: Stage) -> None:
    shop = Shop(stage, guards=[RETURNED], n_per_arm=400)
    for start in range(1, 901, 100):
        shop.come(range(start, start + 100))
        shop.pay({uuid: float(uuid % 17) for uuid in range(start, start + 100)})
    assert (shop.shown.state, shop.shown.closed is not None) == ("running", True)
    shop.do("returned", range(1, 100))
    stage.take(wait_ms=WITHIN_MS)
    assert shop.shown.state in {"finished", "stopped"}
    assert sum(values_of(shop.guard("returned"))) == pytest.approx(99)


def test_a_draft_with_guards_is_discarded_whole(stage: Stage) -> None:
    made, _ = stage.create(guards=[RETURNED])
    stage.service.discard(made)
    again, _ = stage.create(guards=[RETURNED])
    assert [guard.guard for guard in stage.service.experiment(again).guards] == ["returned"]


@pytest.mark.parametrize(
    ("guard", "field"),
    [
        ({"kind": "proportion", "margin": 0.1}, "guards[0].outcome"),
        ({"outcome": "x", "kind": "median", "margin": 0.1}, "guards[0].kind"),
        ({"source": "revenue", "kind": "count", "margin": 0.1}, "guards[0].kind"),
        ({"source": "elsewhere", "kind": "money", "margin": 0.1}, "guards[0].source"),
        ({"source": "revenue", "outcome": "x", "kind": "money", "margin": 1}, "guards[0].outcome"),
        ({"outcome": "x", "kind": "count"}, "guards[0].margin"),
        ({"outcome": "x", "kind": "count", "margin": -1}, "guards[0].margin"),
        ({"outcome": "x", "kind": "count", "margin": "a lot"}, "guards[0].margin"),
        ({"outcome": "x", "kind": "count", "margin": 1, "direction": "up"}, "guards[0].direction"),
        ({"outcome": "x", "kind": "count", "margin": 1, "role": "guard"}, "guards[0].role"),
        ({"outcome": "revenue", "kind": "count", "margin": 1}, "guards[0].name"),
        ({"outcome": "x", "kind": "count", "margin": 1, "cap": "p99"}, "guards[0].cap"),
        ({"source": "revenue", "kind": "money", "margin": 1}, "guards[0]"),
        ("returned", "guards[0]"),
    ],
)
def test_a_guard_that_does_not_fit_is_refused_by_its_field(stage: Stage, guard: Any, field: str) -> None:
    with pytest.raises(Incoherent) as caught:
        stage.create(guards=[guard])
    assert [problem.field for problem in caught.value.problems] == [field]
    assert "Python" not in caught.value.problems[0].problem


def test_guards_are_a_list_with_different_names(stage: Stage) -> None:
    with pytest.raises(Incoherent) as caught:
        stage.create(guards=[RETURNED, RETURNED])
    assert caught.value.problems[0].field == "guards[1].name"
    with pytest.raises(Incoherent) as caught:
        stage.create(guards={"outcome": "x"})
    assert caught.value.problems[0].field == "guards"
