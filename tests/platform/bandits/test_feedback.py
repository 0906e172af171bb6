"""Every record is counted under one reason, and only `counted` changes what is known."""

import pytest

from testbed.platform_stage import BEGIN_MS, Stage
from tests.platform.bandits.block import Block


@pytest.fixture
def block(stage: Stage) -> Block:
    made = Block(stage)
    made.start()
    return made


def reasons(block: Block) -> dict[str, int]:
    """Counts by kind and reason, of this bandit and of nobody."""
    return {f"{one.kind} {one.reason}": one.count for one in block.stage.service.bandit(block.id).records}


def unit_in(block: Block, group: str) -> str:
    """A unit of a group."""
    return next(str(unit) for unit in range(1_000) if block.choose(str(unit))["group"] == group)


def test_feedback_counts_in_the_quantum_of_its_decision(block: Block) -> None:
    unit = unit_in(block, "target")
    first = block.choose(unit)
    block.next_quantum()
    second = block.choose(unit)
    block.stage.take(block.impression(first["decision"], unit), block.outcome(first["decision"], unit))
    block.stage.take(block.outcome(second["decision"], unit))
    seen = {one.number: one.target_objective for one in block.stage.service.bandit(block.id).recent}
    assert seen == {0: 1.0, 1: 1.0}
    arm = next(arm for arm in block.stage.service.bandit(block.id).arms if arm.name == first["arm"])
    assert (arm.impressions, arm.target) == (1.0, 2.0 if second["arm"] == first["arm"] else 1.0)


def test_the_reference_group_counts_for_the_arm_that_the_target_group_is_served(block: Block) -> None:
    unit = unit_in(block, "reference")
    chosen = block.choose(unit)
    block.stage.take(block.outcome(chosen["decision"], unit))
    (served,) = [arm for arm in block.stage.service.bandit(block.id).arms if arm.quanta == 1]
    assert (served.target, served.reference, chosen["arm"], chosen["propensity"]) == (0, 1, "reference", 1.0)


def test_the_same_event_again_changes_nothing(block: Block) -> None:
    unit = unit_in(block, "target")
    decision = block.choose(unit)["decision"]
    block.stage.take(block.outcome(decision, unit, event="x"), block.outcome(decision, unit, event="x"))
    block.stage.take(block.outcome(decision, unit, event="x"))
    assert reasons(block) == {"outcome counted": 1, "outcome repeated": 2}


def test_records_that_do_not_belong_here_are_counted_by_reason(block: Block) -> None:
    target, reference = unit_in(block, "target"), unit_in(block, "reference")
    decision = block.choose(target)["decision"]
    stage = block.stage
    stage.take(
        block.outcome(decision, reference),
        block.outcome(decision[:-1] + ("a" if decision[-1] != "a" else "b"), target),
        block.outcome("elsewhere.1.t.0.x", target),
        block.outcome(decision, target, name="view"),
        block.outcome(decision, target, value=-1),
        block.outcome("", target),
        stage.raw("outcome", b"{"),
        stage.raw("impression", None),
        stage.raw("impression", {"event": "e", "decision": decision, "unit": target, "count": 0}),
    )
    assert reasons(block) == {
        "outcome foreign": 1,
        "outcome forged": 1,
        "outcome unknown": 1,
        "outcome other_outcome": 1,
        "outcome negative_value": 1,
        "outcome no_decision": 1,
        "outcome malformed": 1,
        "impression malformed": 2,
    }
    assert sum(arm.target + arm.reference for arm in stage.service.bandit(block.id).arms) == 0


def test_lateness_is_judged_by_the_record_s_own_time(block: Block) -> None:
    unit = unit_in(block, "target")
    decision = block.choose(unit)["decision"]
    last_ms = BEGIN_MS + 10_000 + 60_000
    in_time = block.stage.raw(
        "outcome", {"event": "a", "decision": decision, "unit": unit, "name": "contact"}, last_ms
    )
    late = block.stage.raw(
        "outcome", {"event": "b", "decision": decision, "unit": unit, "name": "contact"}, last_ms + 1
    )
    block.stage.take(in_time, late, wait_ms=3_600_000)
    assert reasons(block) == {"outcome counted": 1, "outcome late": 1}


def test_a_reward_above_one_is_refused_for_a_policy_of_shares(stage: Stage) -> None:
    block = Block(stage, policy="thompson", reference=None)
    block.start()
    decision = block.choose("1")["decision"]
    stage.take(block.outcome(decision, "1", value=1.5), block.outcome(decision, "1", value=0.5))
    assert reasons(block) == {"outcome reward_above_1": 1, "outcome counted": 1}
    (refused,) = stage.service.bandit(block.id).refused
    assert refused.detail == "1.5 of '1'; 0 to 1 is accepted"
