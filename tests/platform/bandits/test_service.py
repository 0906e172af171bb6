"""Live bandits on a database: nothing lost or doubled, the same after a crash, arms that come and go."""

import json
from collections.abc import Callable

import pytest

from liftstream.bandits import Bandit
from liftstream.platform.ingest import saving
from liftstream.platform.registry import NotAllowed, Unknown
from testbed.platform_stage import Stage
from tests.platform.bandits.block import Block

RATES = {"price": 0.30, "words": 0.10, "new": 0.05, "reference": 0.15}


def learned(block: Block) -> str:
    """The arm state as it is kept."""
    return block.stage.service.bandits.find(block.id).learned.to_json()


def test_the_better_arm_is_served_more_and_the_ratio_to_the_reference_shows_it(stage_on: Stage) -> None:
    block = Block(stage_on)
    block.start()
    block.play(200, RATES)
    shown = stage_on.service.bandit(block.id)
    quanta = {arm.name: arm.quanta for arm in shown.arms}
    assert quanta["price"] > quanta["words"] + quanta["new"]
    assert sum(quanta.values()) == 201
    assert shown.objective_ratio is not None
    assert shown.objective_ratio.ci_low is not None
    assert shown.objective_ratio.ci_low > 1
    assert "Target units bring +" in shown.sentence
    assert {check.name: check.status for check in shown.checks}["groups as planned"] == "ok"


def test_what_was_learned_is_the_same_in_whatever_order_and_batches_feedback_comes(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    block = Block(stage)
    block.start()
    records = block.play(30, RATES)
    once = learned(block)
    bandits = stage.service.bandits
    with bandits.lock:
        live = bandits.find(block.id)
        names = [arm.name for arm in live.arms.values()]
        live.learned = Bandit(live.learned.policy, names, period=0)
        live.learned.advance(json.loads(once)["period"])
        live.sums.clear()
    from liftstream.platform.bandits.feedback import FeedbackBatch
    from liftstream.platform.bandits.records import read_feedback

    feedback = FeedbackBatch({block.id: live}, set())
    for raw in reversed(records):
        kind = "impression" if raw.topic == "topic_impression" else "outcome"
        feedback.take(read_feedback(kind, raw.value), raw.timestamp_ms)
    assert live.learned.to_json() == once


def test_a_crash_in_the_middle_of_a_batch_neither_loses_nor_doubles(
    stage_on: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = Block(stage_on)
    block.start()
    block.play(3, RATES)
    before = learned(block)
    unit = next(str(u) for u in range(100) if block.choose(str(u))["group"] == "target")
    decision = block.choose(unit)["decision"]
    batch = [block.impression(decision, unit), block.outcome(decision, unit)]

    def cut(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(saving, "save_places", cut)
        with pytest.raises(RuntimeError, match="killed"):
            stage_on.take(*batch)
    assert learned(block) == before
    stage_on.take(*batch)
    taken = learned(block)
    assert taken != before
    stage_on.take(*[block.outcome(decision, unit, event=json.loads(batch[1].value or b"")["event"])])
    assert learned(block) == taken


def test_a_platform_that_starts_again_goes_on_with_the_same_quantum(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    block.play(5, RATES)
    before, kept = block.choose("1"), learned(block)
    stage.service.bandits.forget()
    assert (block.choose("1"), learned(block)) == (before, kept)


@pytest.mark.parametrize("how", ["retired", "killed"])
def test_an_arm_that_was_removed_gets_no_quantum_after_the_current_one(stage: Stage, how: str) -> None:
    block = Block(stage)
    block.start()
    block.play(50, RATES)
    served = stage.service.bandit(block.id).serving
    assert served is not None
    stage.service.bandits.remove_arm(block.id, served, how)
    assert stage.service.bandit(block.id).serving == served
    numbers = {arm.name: arm.quanta for arm in stage.service.bandit(block.id).arms}
    block.play(30, RATES)
    after = {arm.name: arm for arm in stage.service.bandit(block.id).arms}
    assert (after[served].quanta, after[served].state) == (numbers[served], how)


def test_a_new_arm_is_served_within_ten_quanta(stage: Stage) -> None:
    block = Block(stage, parameters={"prior": [2000, 2000]})
    block.start()
    block.play(40, RATES)
    for name in ("late", "later"):
        stage.service.bandits.add_arm(block.id, {"name": name, "configuration": {"price": 9, "words": 9}})
    for _ in range(10):
        block.next_quantum()
    quanta = {arm.name: arm.quanta for arm in stage.service.bandit(block.id).arms}
    assert min(quanta["late"], quanta["later"]) >= 1


def test_states_follow_each_other_as_they_may(stage: Stage) -> None:
    block = Block(stage)
    bandits = stage.service.bandits
    with pytest.raises(NotAllowed, match="is draft; only a running one"):
        block.choose("1")
    block.start()
    bandits.pause(block.id)
    with pytest.raises(NotAllowed, match="is paused"):
        block.choose("1")
    bandits.start(block.id)
    assert block.choose("1")["quantum"] == 0
    bandits.stop(block.id)
    calls: list[Callable[[], object]] = [
        lambda: bandits.start(block.id),
        lambda: bandits.add_arm(block.id, {"name": "x", "configuration": {"a": 1}}),
    ]
    for call in calls:
        with pytest.raises(NotAllowed, match="is stopped"):
            call()
    with pytest.raises(Unknown):
        bandits.find("nobody")


def test_the_last_active_arm_cannot_be_removed(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    for name in ("price", "words"):
        stage.service.bandits.remove_arm(block.id, name, "retired")
    with pytest.raises(NotAllowed, match="the last active one"):
        stage.service.bandits.remove_arm(block.id, "new", "killed")


def test_a_guard_that_falls_while_the_objective_rises_is_an_alarm_in_a_sentence(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    target = [str(u) for u in range(3_000) if block.choose(str(u))["group"] == "target"]
    reference = [str(u) for u in range(3_000) if block.choose(str(u))["group"] == "reference"]
    ours, theirs = block.choose(target[0])["decision"], block.choose(reference[0])["decision"]
    batch = [block.outcome(ours, unit) for unit in target[:1200]]
    batch += [block.outcome(theirs, unit) for unit in reference[:150]]
    batch += [block.outcome(ours, unit, name="deal") for unit in target[:400]]
    batch += [block.outcome(theirs, unit, name="deal") for unit in reference[:200]]
    stage.take(*batch)
    shown = stage.service.bandit(block.id)
    (alarm,) = [check for check in shown.checks if check.status == "alarm"]
    assert shown.alarm
    assert alarm.sentence.startswith("contact rises while deal falls: −")


def test_the_genetic_step_retires_the_worst_and_breeds_children_with_their_parents(stage: Stage) -> None:
    generator = {
        "kind": "genetic",
        "bounds": {"price": {"low": 0, "high": 10}, "words": {"low": 0, "high": 30}},
        "every_quanta": 20,
        "population": 6,
        "keep": 2,
        "min_pulls": 20,
        "random_share": 0.0,
    }
    block = Block(stage, generator=generator)
    block.start()
    block.play(20, RATES)
    shown = stage.service.bandit(block.id)
    children = [arm for arm in shown.arms if arm.origin == "crossover"]
    assert children
    assert all(len(child.parents) == 2 for child in children)
    assert sum(arm.state == "active" for arm in shown.arms) == 6
    assert any(line.kind == "generation" for line in shown.log)


def test_a_dynamic_bandit_forgets_and_takes_feedback_of_earlier_quanta(stage: Stage) -> None:
    block = Block(
        stage, policy="dynamic", parameters={"mu_0": 0.1, "sigma_0": 0.05}, reference=None, guards=[]
    )
    block.start()
    block.play(60, RATES)
    shown = stage.service.bandit(block.id)
    assert next(arm for arm in shown.arms if arm.name == "price").quanta > 30
    assert shown.objective_ratio is None
