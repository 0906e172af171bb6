import json
import math
from pathlib import Path

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.trial.client_data import read_clients
from liftstream.experiment.trial.timeline import interval_over_time


def shop(n: int, effect: float = 0.8, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.5, "original", "candidate")
    before = rng.gamma(1.86, 10.75, n)
    revenue = 0.5 * before + 0.5 * rng.gamma(1.86, 10.75, n) + np.where(arm == "candidate", effect, 0)
    return {"client": np.arange(n), "arm": arm, "revenue": revenue, "before": before}


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
    assert report.advice == "Give the candidate to everybody."
    assert [check.name for check in report.checks] == [
        "sample ratio", "clients", "heavy tail", "largest clients", "one arm each",
    ]  # fmt: skip
    json.dumps(report.to_dict())


def test_a_client_who_buys_twice_is_one_observation() -> None:
    data = shop(3_000)
    split = {
        "client": np.concatenate([data["client"], data["client"][:500]]),
        "arm": np.concatenate([data["arm"], data["arm"][:500]]),
        "revenue": np.concatenate([data["revenue"], np.full(500, 7.0)]),
    }
    data["revenue"][:500] += 7.0
    whole, summed = experiment.analyze(data), experiment.analyze(split, client="client")
    assert summed.verdict.pvalue == pytest.approx(whole.verdict.pvalue, rel=1e-9)
    assert summed.arms[0].n == whole.arms[0].n


def test_clients_seen_in_both_arms_are_left_out_and_counted() -> None:
    data = shop(3_000)
    twice = {name: np.concatenate([values, values[:10]]) for name, values in data.items()}
    twice["arm"][-10:] = np.where(twice["arm"][:10] == "original", "candidate", "original")
    report = experiment.analyze(twice, client="client")
    assert sum(arm.n for arm in report.arms) == 2_990
    check = next(check for check in report.checks if check.name == "one arm each")
    assert (check.status, check.numbers["in_both"]) == ("alarm", 10)
    assert report.advice.startswith("Do not decide yet")


def test_the_covariate_is_used_and_its_worth_is_shown() -> None:
    plain, adjusted = experiment.analyze(shop(8_000)), experiment.analyze(shop(8_000), covariate="before")
    assert adjusted.verdict.ci_high - adjusted.verdict.ci_low < plain.verdict.ci_high - plain.verdict.ci_low
    assert adjusted.saving.reduction == pytest.approx(0.5, abs=0.05)
    assert any(check.name == "balance" for check in adjusted.checks)


def test_the_looks_of_the_plan_are_taken_in_the_order_of_arrival() -> None:
    plan = experiment.plan(effect=0.7, sd=11, looks=4)
    data = shop(plan.n_total + 100, effect=0.9, seed=3)
    report = experiment.analyze(data, plan=plan)
    ledger = experiment.Ledger.of(plan)
    for clients in plan.look_clients:
        some = {
            name: Moments.of(data["revenue"][:clients][data["arm"][:clients] == name]) for name in plan.arms
        }
        ledger = experiment.take_look(plan, ledger, some)
        if experiment.verdict(plan, ledger).decided:
            break
    expected = experiment.verdict(plan, ledger)
    assert len(report.ledger.looks) == len(ledger.looks) > 1
    assert (report.verdict.verdict, report.verdict.pvalue) == (expected.verdict, expected.pvalue)
    assert report.peeking.startswith(f"You have looked {len(ledger.looks)} times")


def test_looks_named_in_the_data_are_the_ones_that_are_taken() -> None:
    plan = experiment.plan(effect=0.7, sd=11, looks=2)
    data = shop(plan.n_total, seed=5)
    early = plan.n_total // 3
    data["look"] = np.where(np.arange(plan.n_total) < early, 1, 2)
    report = experiment.analyze(data, plan=plan, look="look")
    assert sum(report.ledger.looks[0].clients.values()) == early


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
    assert report.advice == "Give candidate b to everybody."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"revenue": [1.0, math.nan, 3.0, math.inf]}, "2 rows have none, the first is row 2"),
        ({"revenue": [1.0, None, 3.0, 4.0]}, "1 rows have none, the first is row 2"),
        ({"revenue": [1.0, "much", 3.0, 4.0]}, "row 2 holds a text"),
        ({"arm": ["original"] * 4}, "arm must be at least two arms"),
        ({"arm": ["A", "B", "A", "B"]}, "original must be one of the arms in the data: A, B"),
        ({"revenue": [3.0, 3.0, 3.0, 3.0]}, "clients whose money differs"),
        (
            {"arm": ["original", "candidate", "original", "original"]},
            "candidate must have at least 2 clients, got 1",
        ),
        ({"revenue": None}, "there is no column 'revenue'"),
    ],
)
def test_data_that_cannot_be_used_are_named(change: dict[str, object], said: str) -> None:
    data = {"arm": ["original", "candidate"] * 2, "revenue": [1.0, 2.0, 3.0, 4.0]} | change
    data = {name: values for name, values in data.items() if values is not None}
    with pytest.raises(ValueError, match=said):
        experiment.analyze(data)


def test_rows_without_a_number_can_be_left_out_and_are_counted() -> None:
    data = shop(500)
    data["revenue"][[3, 40]] = math.nan
    report = experiment.analyze(data, drop_missing=True)
    assert (report.dropped, sum(arm.n for arm in report.arms)) == (2, 498)


def test_a_data_frame_is_read_like_columns() -> None:
    import pandas

    data = shop(1_000)
    assert (
        experiment.analyze(pandas.DataFrame(data)).verdict.pvalue == experiment.analyze(data).verdict.pvalue
    )


def test_clients_keep_their_order_of_arrival() -> None:
    found = read_clients(
        {
            "c": ["x", "y", "x", "z"],
            "arm": ["b", "a", "b", "a"],
            "revenue": [1, 2, 3, 4],
            "pre": [9, 8, 7, 6],
        },
        client="c",
        covariate="pre",
    )
    assert found.revenue.tolist() == [4.0, 2.0, 4.0]
    assert found.covariate.tolist() == [9.0, 8.0, 6.0]
    assert [found.arms[i] for i in found.arm] == ["b", "a", "a"]


def test_the_timeline_ends_at_the_always_valid_interval_of_all_clients() -> None:
    plan = experiment.plan(effect=0.7, sd=11)
    data = read_clients(shop(plan.n_total))
    points = interval_over_time(plan, data, "candidate")
    assert 100 < len(points) <= 120
    halves = [Moments.of(data.of(name)) for name in ("original", "candidate")]
    se = math.sqrt(sum(arm.variance / arm.n for arm in halves))
    last = experiment.always_valid(
        halves[1].mean - halves[0].mean, se, plan.n_total, tuned_at=plan.n_total, alpha=0.1
    )
    assert (points[-1].ci_low, points[-1].ci_high) == pytest.approx((last.ci_low, last.ci_high), rel=1e-9)


def test_every_file_of_the_package_has_a_name_of_its_own() -> None:
    """A function with the name of its file would be hidden by the file once that is imported."""
    files = {path.stem for path in Path(experiment.__file__).parent.glob("*.py")}
    assert files & set(experiment.__all__) == set()
    for name in experiment.__all__:
        assert getattr(experiment, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = experiment.analyse


@pytest.mark.parametrize("nobody", ["", None, math.nan])
def test_a_row_without_an_arm_is_refused_or_left_out_and_counted(nobody: object) -> None:
    data = {"arm": ["original", "candidate"] * 20 + [nobody], "revenue": [*range(40), 9]}
    with pytest.raises(
        ValueError, match="arm must name an arm in every row; 1 rows have none, the first is row 41"
    ):
        experiment.analyze(data)
    report = experiment.analyze(data, drop_missing=True)
    assert (report.dropped, [arm.arm for arm in report.arms]) == (1, ["original", "candidate"])
