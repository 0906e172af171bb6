import json

import numpy as np
import pytest

from liftstream import experiment
from tests.experiment.shop_clients import shop


def test_without_a_plan_the_report_is_welchs_test() -> None:
    data = shop(8_000)
    report = experiment.analyze(data)
    halves = [data["revenue"][data["arm"] == name] for name in ("original", "candidate")]
    welch = experiment.welch(*halves)
    found = report.verdict
    assert (found.effect, found.ci_low, found.ci_high, found.pvalue) == pytest.approx(
        (welch.effect, welch.ci_low, welch.ci_high, welch.pvalue), rel=1e-12
    )
    assert found.verdict == "improves"
    assert "planned effect" not in found.sentence
    assert found.planned_effect is None
    assert report.advice == "Roll out the candidate to all clients."
    assert [check.name for check in report.checks] == [
        "sample ratio", "clients", "heavy tail", "largest clients", "one arm each",
    ]  # fmt: skip
    json.dumps(report.to_dict())


def test_the_covariate_is_used_and_its_worth_is_shown() -> None:
    plain, adjusted = experiment.analyze(shop(8_000)), experiment.analyze(shop(8_000), covariate="before")
    assert adjusted.verdict.ci_high - adjusted.verdict.ci_low < plain.verdict.ci_high - plain.verdict.ci_low
    assert adjusted.saving.reduction == pytest.approx(0.5, abs=0.05)
    assert any(check.name == "balance" for check in adjusted.checks)


def test_an_unfinished_experiment_says_how_to_go_on() -> None:
    plan = experiment.plan(effect=0.7, sd=11, looks=4)
    half = {name: values[: plan.look_clients[1] + 50] for name, values in shop(plan.n_total, 0.3).items()}
    report = experiment.analyze(half, plan=plan)
    assert report.verdict.verdict == "running"
    assert report.advice.startswith(f"Go on: the next look is at {plan.look_clients[2]:,} clients")
    assert "confidence sequence" in report.verdict.method
    none = experiment.analyze({name: values[:100] for name, values in half.items()}, plan=plan)
    assert (none.verdict.verdict, none.verdict.looks_taken) == ("running", 0)


def test_caps_of_the_plan_are_applied() -> None:
    data = shop(4_000)
    data["revenue"][7] = 1e6
    capped = experiment.analyze(data, cap=100.0)
    assert max(arm.mean for arm in capped.arms) < 30
    cut = next(check for check in capped.checks if check.name == "cap")
    assert cut.numbers["clients"] == (np.asarray(data["revenue"]) > 100).sum() > 0


def test_other_names_and_weights_are_taken() -> None:
    data = shop(5_000)
    rng = np.random.default_rng(2)
    keep = (data["arm"] == "original") | (rng.random(5_000) < 0.25)
    table = {"group": np.where(data["arm"] == "original", "A", "B")[keep], "usd": data["revenue"][keep]}
    named = {"arm": "group", "revenue": "usd", "original": "A"}
    assert experiment.analyze(table, **named).verdict.status == "alarm"
    fair = experiment.analyze(table, weights={"original": 0.8, "B": 0.2}, **named)
    assert fair.verdict.status == "ok"
    assert fair.verdict.leading == "B"


def test_several_candidates_are_told_apart() -> None:
    rng = np.random.default_rng(4)
    arm = rng.choice(["original", "a", "b"], 12_000)
    revenue = rng.gamma(1.86, 10.75, 12_000) + np.where(arm == "b", 1.5, 0)
    report = experiment.analyze({"arm": arm, "revenue": revenue})
    words = {one.numbers.candidate: one.numbers.verdict for one in report.candidates}
    assert words == {"a": "no improvement", "b": "improves"}
    assert report.advice == "Roll out candidate b to all clients."
