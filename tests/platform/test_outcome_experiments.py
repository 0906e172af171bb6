"""Experiments about an outcome of clients instead of money: planned by a base rate, counted per client, judged as a rate."""

from typing import Any

import numpy as np
import pytest

from liftstream.contracts.messages import Session
from liftstream.platform.planning.requests import Incoherent
from testbed.platform_stage import Stage
from tests.platform.stage import PROPORTION


def create(stage: Stage, **fields: Any) -> str:
    """A running experiment on an outcome."""
    made = stage.service.create({**PROPORTION, **fields})
    stage.service.start(made.id)
    return made.id


def outcome(stage: Stage, uuid: int, event: str, **fields: Any) -> Any:
    """A record of `topic_outcome` that no bandit decided."""
    return stage.raw(
        "outcome", {"event": event, "decision": "", "unit": str(uuid), "name": "contact", **fields}
    )


def come(stage: Stage, uuids: range) -> None:
    """Clients open a session each."""
    for start in range(uuids.start, uuids.stop, 500):
        part = range(start, min(start + 500, uuids.stop))
        stage.take(
            *(stage.raw("session", Session(uuid, f"s{uuid}", stage.ms)) for uuid in part), wait_ms=2_000
        )


def arms(stage: Stage, experiment: str) -> dict[str, tuple[int, float | None]]:
    """Clients that count and their mean, by arm."""
    return {arm.arm: (arm.n, arm.mean) for arm in stage.service.experiment(experiment).arms}


def test_a_client_counts_from_the_start_and_an_outcome_once(stage_on: Stage) -> None:
    experiment = create(stage_on)
    come(stage_on, range(1, 201))
    before = arms(stage_on, experiment)
    assert sum(n for n, _ in before.values()) == 200
    assert all(mean == 0 for _, mean in before.values())
    stage_on.take(*(outcome(stage_on, uuid, f"e{uuid}") for uuid in range(1, 51)))
    stage_on.take(*(outcome(stage_on, uuid, f"e{uuid}") for uuid in range(1, 51)))
    stage_on.take(*(outcome(stage_on, uuid, f"again{uuid}") for uuid in range(1, 51)))
    found = arms(stage_on, experiment)
    assert sum(n * (mean or 0) for n, mean in found.values()) == pytest.approx(50)
    reasons = {
        (one.reason): one.count
        for one in stage_on.service.experiment(experiment).answers.reasons
        if one.kind == "outcome" and one.whose == "experiment"
    }
    assert reasons == {"counted": 100, "repeated": 50}


def test_a_count_adds_up_what_comes(stage: Stage) -> None:
    metric = {"kind": "count", "outcome": "contact"}
    experiment = create(stage, metric=metric, base_rate=1.0, effect=0.3, n_per_arm=400)
    come(stage, range(1, 101))
    stage.take(*(outcome(stage, uuid, f"a{uuid}", value=2) for uuid in range(1, 101)))
    stage.take(*(outcome(stage, uuid, f"b{uuid}", value=3) for uuid in range(1, 101)))
    assert [mean for _, mean in arms(stage, experiment).values()] == pytest.approx([5.0, 5.0])


def test_records_that_do_not_belong_to_it_change_nothing(stage: Stage) -> None:
    experiment = create(stage)
    come(stage, range(1, 101))
    stage.take(
        outcome(stage, 5_000, "stranger"),
        outcome(stage, 1, "other", name="view"),
        outcome(stage, 1, "minus", value=-1),
        stage.raw("outcome", {"event": "word", "decision": "", "unit": "somebody", "name": "contact"}),
    )
    stage.take(wait_ms=2_000)  # no session of the stranger came
    assert all(mean == 0 for _, mean in arms(stage, experiment).values())
    reasons = {
        one.reason: one.count
        for one in stage.service.experiment(experiment).answers.reasons
        if one.kind == "outcome" and one.whose == "experiment"
    }
    assert reasons == {"outside": 1, "negative_value": 1, "unit_is_no_uuid": 1}


def test_an_outcome_that_is_read_before_its_session_counts_once_and_outlives_a_restart(
    stage_on: Stage,
) -> None:
    experiment, stage = create(stage_on), stage_on
    ahead = [outcome(stage, uuid, f"e{uuid}") for uuid in range(1, 51)]
    stage.take(*ahead, *(outcome(stage, uuid, f"e{uuid}") for uuid in range(1, 51)))
    stage.service.collector.start(stage.ms)
    come(stage, range(1, 101))
    assert sum(n * (mean or 0) for n, mean in arms(stage, experiment).values()) == pytest.approx(50)
    reasons = {
        one.reason: one.count
        for one in stage.service.experiment(experiment).answers.reasons
        if one.kind == "outcome" and one.whose == "experiment"
    }
    assert reasons == {"counted": 50, "repeated": 50}


def test_the_verdict_reads_as_a_rate_and_waits_for_late_outcomes(stage: Stage) -> None:
    experiment = create(stage)
    come(stage, range(1, 1_601))
    rng, draw = np.random.default_rng(3), stage.service.experiment(experiment).plan
    from liftstream.experiment import draw_arm

    rate = {"original": 0.10, "candidate": 0.20}
    happened = [
        uuid for uuid in range(1, 1_601) if rng.random() < rate[draw_arm(uuid, draw.salt, draw.shares) or ""]
    ]
    assert stage.service.experiment(experiment).state == "running"
    stage.take(*(outcome(stage, uuid, f"e{uuid}") for uuid in happened))
    assert stage.service.experiment(experiment).state == "running"
    stage.take(wait_ms=1_800_001)
    shown = stage.service.experiment(experiment)
    assert (shown.state, shown.verdict) == ("finished", "improves")
    assert "% of clients against" in shown.sentence
    assert "$" not in shown.sentence


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"metric": {"kind": "median"}}, "metric"),
        ({"metric": {"kind": "proportion"}}, "metric.outcome"),
        ({"metric": {"kind": "proportion", "outcome": "x", "cap": 1}}, "metric.cap"),
        ({"base_rate": 1.5}, "base_rate"),
        ({"n_per_arm": 20}, "n_per_arm"),
        ({"base_rate": None}, "sd"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused_by_field(
    stage: Stage, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Incoherent) as caught:
        stage.service.create({**PROPORTION, **fields})
    assert field in {problem.field for problem in caught.value.problems}


def test_money_stays_the_metric_where_none_is_named(stage: Stage) -> None:
    made, _ = stage.create()
    plan = stage.service.experiment(made).plan
    assert (plan.kind, plan.outcome, plan.base_rate) == ("money", None, None)
