"""The pictures hold what the outcome says, and are drawn also where there is little to show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liftstream.contracts.places import model_named
from liftstream.demo.looking import Pipeline
from liftstream.demo.outcome import Outcome
from liftstream.demo.pictures.latency import draw_latency, of_arm, of_pipeline
from liftstream.demo.pictures.profit import draw_profit
from liftstream.demo.pictures.revenue import draw_revenue
from liftstream.demo.plan import Request
from liftstream.demo.rehearsal import rehearse
from liftstream.demo.run import DemoCounts, FinishedDemo
from liftstream.demo.truth import know
from liftstream.experiment import read_clients
from liftstream.experiment.charts.marks import axis_around
from liftstream.simulation.shop.till import Counts
from tests.demo.demo_reports import arm_of, report_of

WITHIN = {0.005: 0, 0.02: 0, 0.05: 30, 0.1: 380, 0.2: 400, 0.5: 400, float("inf"): 400}
PIPELINE = Pipeline(800, 400, 0, 400, 0, {}, WITHIN)


def outcome(candidate: str = "cross_selling", **report: Any) -> Outcome:
    request = Request(200, 5, candidate, model_named(candidate), Path("demo"))
    truth = know(request)
    last = DemoCounts(5.0, Counts(), PIPELINE, report_of(400, 400, 400, **report), 80.0)
    return Outcome(request, FinishedDemo(last, [], 5.0, 3_000.0), truth, rehearse(request, truth))


def is_picture(content: bytes) -> bool:
    return content.startswith(b"\x89PNG") and len(content) > 20_000


@pytest.mark.parametrize("candidate", ["cross_selling", "original"])
def test_all_three_are_drawn(candidate: str) -> None:
    found = outcome(candidate)
    rng = np.random.default_rng(1)
    clients = read_clients(
        {"arm": rng.choice(["original", "candidate"], 400), "revenue": rng.gamma(2, 10, 400)}
    )
    assert is_picture(draw_revenue(found, clients))
    assert is_picture(draw_profit(found))
    assert is_picture(draw_latency(found))


def test_they_are_drawn_where_nobody_was_decided_for() -> None:
    silent = [arm_of("original", 200), arm_of("candidate", 200, answered=0, unanswered=200, latency=None)]
    assert is_picture(draw_latency(outcome(arms=silent)))
    assert is_picture(draw_profit(outcome(effect=None, ci_low=None, ci_high=None)))


def test_the_pipelines_curve_begins_where_nobody_was_served_yet_and_ends_where_all_were() -> None:
    assert of_pipeline(PIPELINE) == [(20.0, 0.0), (50.0, 0.075), (100.0, 0.95), (200.0, 1.0)]
    assert of_pipeline(Pipeline()) == []


def test_an_arms_curve_is_the_share_of_its_answers() -> None:
    assert of_arm(arm_of("candidate", 101)) == [(100.0, 0.01), (200.0, 1.0)]
    assert of_arm(arm_of("candidate", 101, latency=None)) == []


def test_an_axis_has_room_around_all_that_is_known() -> None:
    low, high = axis_around([0.2, None, 1.2]).to_dict()["domain"]
    assert low < 0.2 < 1.2 < high
    assert axis_around([3.0]).to_dict()["domain"] == [2.0, 4.0]
