import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import Moments
from tests.experiment.shop_clients import shop


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
    assert report.peeking.startswith(f"After {len(ledger.looks)} interim analyses")


def test_looks_named_in_the_data_are_the_ones_that_are_taken() -> None:
    plan = experiment.plan(effect=0.7, sd=11, looks=2)
    data = shop(plan.n_total, seed=5)
    early = plan.n_total // 3
    data["look"] = np.where(np.arange(plan.n_total) < early, 1, 2)
    report = experiment.analyze(data, plan=plan, look="look")
    assert sum(report.ledger.looks[0].clients.values()) == early


def test_rows_that_are_sorted_by_arm_are_no_order_of_arrival() -> None:
    plan = experiment.plan(effect=3, sd=15, looks=4)
    half = plan.n_total // 2
    data = {"arm": ["original"] * half + ["candidate"] * half, "revenue": np.arange(2.0 * half)}
    with pytest.raises(ValueError, match="clients of candidate; the rows must be in order of arrival"):
        experiment.analyze(data, plan=plan)
