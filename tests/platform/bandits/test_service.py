"""Live bandits on a database: nothing lost or doubled, the same after a crash, arms that come and go."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import func, select, update

from liftstream.bandits import Bandit
from liftstream.platform.bandits import settling
from liftstream.platform.bandits.tables import BanditArm
from liftstream.platform.ingest import saving
from liftstream.platform.ingest.tables import FeedbackEvent
from liftstream.platform.planning.requests import Incoherent
from liftstream.platform.registry import NotAllowed, Unknown
from testbed.platform_stage import BEGIN_MS, Stage
from tests.platform.bandits.block import Block

RATES = {"price": 0.30, "words": 0.10, "new": 0.05, "reference": 0.15}


def learned(block: Block) -> str:
    """The arm state as it is kept."""
    return block.stage.service.bandits.find(block.id).learned.to_json()


@pytest.mark.slow
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


def test_a_clock_that_was_wrong_for_a_moment_does_not_keep_an_arm_served(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    stage.ms += 86_400_000  # a day too far
    stage.service.bandits.draw_due()
    stage.ms -= 86_400_000
    numbers, ends = [], []
    for _ in range(30):
        block.next_quantum()
        chosen = block.choose("1")
        numbers.append(chosen["quantum"])
        ends.append(chosen["until_ms"] - stage.ms)
    assert numbers == sorted(set(numbers))
    assert max(ends) <= 10_000
    stage.ms -= 5_000  # a step within a quantum changes nothing
    stage.service.bandits.draw_due()
    assert block.choose("1")["quantum"] == numbers[-1]


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


@pytest.mark.parametrize(("name", "words"), [("g1-1", 1), ("old", "many")])
def test_an_arm_of_a_childs_name_or_that_cannot_be_bred_from_stops_no_generation(
    stage: Stage, name: str, words: object
) -> None:
    bounds = {"price": {"low": 0, "high": 10}, "words": {"low": 0, "high": 30}}
    generator = {"kind": "random", "bounds": bounds, "every_quanta": 2, "population": 6}
    block = Block(stage, generator=generator)
    block.start()
    bandits = stage.service.bandits
    bandits.add_arm(block.id, {"name": name, "configuration": {"price": 1, "words": 1}})
    with stage.service.engine.begin() as connection:  # as a version that did not look has left it
        configuration = json.dumps({"price": 1, "words": words})
        connection.execute(
            update(BanditArm).where(BanditArm.name == name).values(configuration=configuration)
        )
    bandits.forget()
    for _ in range(5):
        block.next_quantum()
    shown = stage.service.bandit(block.id)
    assert sum(line.kind == "generation" for line in shown.log) == 2
    assert len({arm.name for arm in shown.arms}) == len(shown.arms) >= 6


def test_what_one_platform_learned_or_changed_is_not_undone_by_another_on_its_database(
    stage_on: Stage,
) -> None:
    block = Block(stage_on)
    block.start()
    other = Stage(stage_on.service.settings.platform.database)
    other.ms = stage_on.ms
    assert other.service.bandits.find(block.id).state == "running"
    stage_on.service.collector.start(stage_on.ms)
    block.play(3, RATES)  # the other has not read what was learned
    before = stage_on.service.bandit(block.id).arms
    stage_on.service.bandits.remove_arm(block.id, "new", "killed")
    other.ms = stage_on.ms + 10_000
    other.service.bandits.draw_due()
    stage_on.service.bandits.forget()
    after = stage_on.service.bandit(block.id).arms
    assert [(arm.name, arm.mean) for arm in after] == [(arm.name, arm.mean) for arm in before]
    assert {arm.name: arm.state for arm in after}["new"] == "killed"
    other.service.bandits.pause(block.id)
    with pytest.raises(NotAllowed, match="is paused"):
        stage_on.service.bandits.pause(block.id)
    other.service.close()


def test_an_event_that_is_read_again_after_a_backlog_of_days_counts_once(stage: Stage) -> None:
    block = Block(stage)
    block.start()
    unit = next(str(unit) for unit in range(100) if block.choose(str(unit))["group"] == "target")
    decision = block.choose(unit)["decision"]
    at_ms, record = stage.ms, {"event": "x", "decision": decision, "unit": unit, "name": "contact"}
    stage.take(stage.raw("outcome", record))
    stage.ms += 3 * 86_400_000
    stage.service.bandits.draw_due()  # the clock goes on while Kafka cannot be read
    stage.take(stage.raw("outcome", record, at_ms))
    reasons = {f"{one.kind} {one.reason}": one.count for one in stage.service.bandit(block.id).records}
    assert reasons == {"outcome counted": 1, "outcome repeated": 1}
    assert events_known(stage) == 1
    read_all(stage)
    assert events_known(stage) == 0


def events_known(stage: Stage) -> int:
    """Events that are remembered."""
    with stage.service.reading() as connection:
        return connection.execute(select(func.count()).select_from(FeedbackEvent)).scalar_one()


def test_a_generation_whose_first_quantum_nobody_drew_is_bred_at_the_next(stage: Stage) -> None:
    generator = {
        "kind": "random",
        "bounds": {"price": {"low": 0, "high": 30}},
        "every_quanta": 5,
        "population": 6,
    }
    block = Block(stage, generator=generator)
    block.start()
    stage.ms += 60_000  # the platform was away for quanta 1 to 6
    for expected in (3, 3):
        block.next_quantum()
        arms = stage.service.bandit(block.id).arms
        assert sum(arm.origin == "random" for arm in arms) == expected


def test_a_dynamic_bandit_forgets_and_takes_feedback_of_earlier_quanta(stage: Stage) -> None:
    block = Block(
        stage, policy="dynamic", parameters={"mu_0": 0.1, "sigma_0": 0.05}, reference=None, guards=[]
    )
    block.start()
    block.play(60, RATES)
    shown = stage.service.bandit(block.id)
    assert next(arm for arm in shown.arms if arm.name == "price").quanta > 30
    assert shown.objective_ratio is None


MINUTE = 6
"""Quanta of ten seconds."""
NEWS = {
    "policy": "dynamic",
    "parameters": {"mu_0": 0.1, "sigma_0": 0.05, "eta_variance": 0.001},
    "reference": None,
    "guards": [],
}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old quanta and arms are let go of after minutes instead of hours."""
    monkeypatch.setattr(settling, "DELAYED_MS", 300_000)
    monkeypatch.setattr(settling, "REMOVED_SHOWN", 5)


def read_all(stage: Stage) -> None:
    """The topics were read up to now, and nothing came."""
    stage.service.collector.take([], stage.ms, stage.ms, stage.ms)


def test_a_new_arm_every_minute_keeps_what_is_learned_small_and_every_one_is_tried(
    stage: Stage, soon: None
) -> None:
    block = Block(stage, **NEWS)
    block.start()
    for minute in range(60):
        name = f"news {minute}"
        stage.service.bandits.add_arm(block.id, {"name": name, "configuration": {"article": minute}})
        if minute >= 10:
            stage.service.bandits.remove_arm(block.id, f"news {minute - 10}", "retired")
        block.play(MINUTE, {f"news {n}": 0.1 for n in range(minute + 1)} | dict.fromkeys(RATES, 0.1), units=2)
        read_all(stage)
    live = stage.service.bandits.find(block.id)
    assert all(arm.quanta >= 1 for arm in live.arms.values() if arm.state == "retired")
    assert len(live.arms) < 13 + 5 + 20
    assert len(json.loads(learned(block))["arms"]) == len(live.arms)
    shown = stage.service.bandit(block.id)
    assert len([arm for arm in shown.arms if arm.state == "active"]) == 13
    with pytest.raises(Incoherent, match="is or was an arm"):
        stage.service.bandits.add_arm(block.id, {"name": "news 0", "configuration": {"article": 0}})
    stage.service.bandits.forget()
    again = stage.service.bandits.find(block.id)
    assert (set(again.arms), again.next_arm, again.learned.to_json()) == (
        set(live.arms),
        live.next_arm,
        live.learned.to_json(),
    )


def test_letting_go_of_old_quanta_changes_nothing_that_is_believed(stage: Stage, soon: None) -> None:
    block = Block(stage, **NEWS)
    block.start()
    first = block.choose("1")["decision"]
    block.play(200, RATES, units=5)
    before = [(arm.name, arm.mean, arm.ci_low) for arm in stage.service.bandit(block.id).arms]
    size = len(learned(block))
    read_all(stage)
    assert len(learned(block)) < size / 1.5
    after = [(arm.name, arm.mean, arm.ci_low) for arm in stage.service.bandit(block.id).arms]
    assert after == [(name, pytest.approx(mean), pytest.approx(low)) for name, mean, low in before]
    # a record of its own time's past that comes now is late, and harms nobody
    old = {"event": "old", "decision": first, "unit": "1", "name": "contact"}
    stage.take(stage.raw("outcome", old, at_ms=BEGIN_MS + 1))
    assert {one.reason: one.count for one in stage.service.bandit(block.id).records}["late"] == 1


def test_a_replay_of_both_topics_into_a_database_that_read_nothing_gives_the_same_bytes(
    stage: Stage, soon: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    block = Block(stage, **NEWS)
    block.start()
    folder = tmp_path_factory.mktemp("again")
    url = f"sqlite:///{folder / 'platform.db'}"
    with closing(sqlite3.connect(folder / "platform.db")) as copy:
        copy_of(stage, copy)
    records = block.play(200, RATES, units=5)
    read_all(stage)
    again = Stage(url)
    again.ms = stage.ms
    again.service.bandits.draw_due()
    for start in range(0, len(records), 300):
        again.take(*records[start : start + 300])
    read_all(again)
    assert again.service.bandits.find(block.id).settled > 0
    assert state_of_arms(again, block.id) == state_of_arms(stage, block.id)
    again.service.close()


def copy_of(stage: Stage, copy: sqlite3.Connection) -> None:
    """The database as it is now."""
    source = stage.service.engine.raw_connection()
    source.driver_connection.backup(copy)  # type: ignore[union-attr]
    source.close()


def state_of_arms(stage: Stage, bandit: str) -> str:
    text = stage.service.bandits.find(bandit).learned.to_json()
    return text[text.index('"arms"') :]
