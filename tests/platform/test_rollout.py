"""An arm that was rolled out decides for everybody, loses nothing in a crash, and touches no number of its experiment."""

import numpy as np
import pytest
from numpy.typing import NDArray

from liftstream.contracts.messages import Decision, Demographic, Prediction, Session
from liftstream.experiment import draw_arm
from liftstream.platform.ingest.collector import Collector
from liftstream.platform.registry import NotAllowed, Unknown
from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Stage, everybody, men
from tests.platform.web import client_of

MAN, WOMAN = 5_000_001, 5_000_002
SMALL = {"effect": 8.0, "n_per_arm": 100}


@pytest.fixture
def ended(stage: Stage) -> tuple[Stage, str, str]:
    """An experiment that found no improvement; its stage, id and token."""
    return end_one(stage)


@pytest.fixture
def ended_on(stage_on: Stage) -> tuple[Stage, str, str]:
    """The same on each kind of database."""
    return end_one(stage_on)


def end_one(stage: Stage) -> tuple[Stage, str, str]:
    name, tokens = stage.create(**SMALL)
    stage.service.start(name)
    stage.play(tokens, {"candidate": men}, 400)
    assert stage.service.experiment(name).state == "finished"
    return stage, name, tokens["candidate"]


def come(stage: Stage, uuid: int, session: str) -> list[Decision]:
    """A client opens a session, and the shop's record of the client is read."""
    man = int(uuid == MAN)
    return stage.take(
        stage.raw("session", Session(uuid, session, stage.ms)),
        stage.raw("demographic", Demographic(uuid, 30, man, 1 - man)),
        wait_ms=10,
    )


def answer(stage: Stage, uuid: int, value: int, token: str) -> list[Decision]:
    return stage.take(stage.raw("prediction", Prediction(uuid, value, token)), wait_ms=10)


def count_of(stage: Stage, name: str, reason: str) -> int:
    reasons = stage.service.experiment(name).answers.reasons
    return sum(found.count for found in reasons if found.reason == reason and found.kind == "prediction")


def test_without_a_roll_out_the_shop_is_told_at_once_that_nobody_decides(
    ended: tuple[Stage, str, str],
) -> None:
    stage, _, _ = ended
    assert come(stage, MAN, "a") == [Decision(MAN, "a", "", "", 0, False)]


def test_a_session_that_nobody_waits_for_any_more_is_not_answered(stage: Stage) -> None:
    old = stage.raw("session", Session(MAN, "old", 1), at_ms=stage.ms)
    assert stage.take(old, wait_ms=stage.service.patience_ms + 1) == []


def test_the_rolled_out_candidate_decides_for_everybody(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    before = stage.service.experiment(name)
    stage.service.roll_out(name, "candidate")
    assert come(stage, MAN, "a") == come(stage, WOMAN, "b") == []
    assert answer(stage, MAN, 1, token) == [Decision(MAN, "a", name, "candidate", 1, True)]
    assert answer(stage, WOMAN, 0, token) == [Decision(WOMAN, "b", name, "candidate", 0, True)]
    after = stage.service.experiment(name)
    assert (after.arms, after.effect, after.verdict) == (before.arms, before.effect, before.verdict)
    assert after.rolled_out is not None
    assert (after.rolled_out.sessions, after.rolled_out.answered_share, after.rolled_out.shown_share) == (
        2,
        1.0,
        0.5,
    )
    assert count_of(stage, name, "rolled_out") == 2
    assert after.answers.rejected == before.answers.rejected


def test_an_answer_that_is_read_before_its_session_decides_it(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "candidate")
    assert answer(stage, MAN, 1, token) == []
    assert come(stage, MAN, "a") == [Decision(MAN, "a", name, "candidate", 1, True)]


def test_a_page_whose_patience_is_over_is_shown_without_the_category(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "candidate")
    come(stage, MAN, "a")
    assert stage.take(wait_ms=stage.service.patience_ms) == [
        Decision(MAN, "a", name, "candidate", 0, answered=False)
    ]
    assert answer(stage, MAN, 1, token) == []


def test_the_original_can_be_rolled_out_as_well(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "original")
    assert come(stage, MAN, "a") == [Decision(MAN, "a", name, "original", 1, True)]
    assert come(stage, WOMAN, "b") == [Decision(WOMAN, "b", name, "original", 0, True)]
    assert answer(stage, WOMAN, 1, token) == []
    assert count_of(stage, name, "not_running") == 1


def test_a_running_experiment_goes_before_the_roll_out(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "candidate")
    other, tokens = stage.create(name="The next", share=1.0)
    stage.service.start(other)
    for uuid in range(6_000_000, 6_000_040):
        come(stage, uuid, f"{uuid}-1")
        decided = answer(stage, uuid, 1, token) + answer(stage, uuid, 1, tokens["candidate"])
        assert {decision.experiment for decision in decided} <= {other}
    assert count_of(stage, name, "outside") >= 40


def test_a_session_that_is_written_twice_ends_nothing(ended_on: tuple[Stage, str, str]) -> None:
    stage, name, token = ended_on
    stage.service.roll_out(name, "candidate")
    come(stage, MAN, "a")
    come(stage, MAN, "a")
    answer(stage, MAN, 1, token)
    come(stage, MAN, "a")
    assert answer(stage, MAN, 0, token) == [Decision(MAN, "a", name, "candidate", 0, True)]


def test_after_a_crash_what_was_open_is_decided_and_what_was_not_sent_is_sent_again(
    ended_on: tuple[Stage, str, str],
) -> None:
    stage, name, token = ended_on
    stage.service.roll_out(name, "candidate")
    come(stage, MAN, "a")
    come(stage, WOMAN, "b")
    batch = [stage.raw("prediction", Prediction(MAN, 1, token))]
    unheard = stage.service.collector.take(batch, stage.ms + 10, stage.ms).decisions
    service = stage.service
    again = Collector(service.engine, lambda columns: [0], {**service.topics}, service.bandits, 1_000, 1_000)
    assert again.start(stage.ms + 20) == unheard == [Decision(MAN, "a", name, "candidate", 1, True)]
    taken = again.take([stage.raw("prediction", Prediction(WOMAN, 1, token))], stage.ms + 30, stage.ms)
    assert taken.decisions == [Decision(WOMAN, "b", name, "candidate", 1, True)]


def test_it_can_be_taken_back_and_those_inside_still_get_their_answer(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "candidate")
    come(stage, MAN, "a")
    stage.service.take_back(name)
    assert answer(stage, MAN, 1, token) == [Decision(MAN, "a", name, "candidate", 1, True)]
    assert come(stage, WOMAN, "b") == [Decision(WOMAN, "b", "", "", 0, False)]
    kinds = [line.kind for line in stage.service.experiment(name).log]
    assert kinds[:2] == ["taken back", "rolled out"]
    with pytest.raises(NotAllowed, match="no arm"):
        stage.service.take_back(name)


def test_only_what_has_ended_is_rolled_out_and_only_a_winner_without_being_named(stage: Stage) -> None:
    name, tokens = stage.create(**SMALL)
    with pytest.raises(NotAllowed, match="is draft"):
        stage.service.roll_out(name, "candidate")
    stage.service.start(name)
    stage.play(tokens, {"candidate": everybody}, 400)
    assert stage.service.experiment(name).verdict != "improves"
    with pytest.raises(NotAllowed, match="name the arm: original, candidate"):
        stage.service.roll_out(name)
    with pytest.raises(Unknown):
        stage.service.roll_out(name, "nobody")


def test_a_winner_behind_an_alarm_is_not_taken_for_granted(stage: Stage) -> None:
    name, tokens = stage.create(**SMALL)
    stage.service.start(name)
    plan = stage.service.experiment(name).plan

    def lost(people: ShopClients) -> NDArray[np.bool_]:
        arms = [draw_arm(uuid, plan.salt, plan.shares) for uuid in people.uuid.tolist()]
        return (np.array(arms) == "candidate") & (people.interest < 0.6)

    stage.play(tokens, {"candidate": everybody}, 600, lost=lost)
    assert stage.service.experiment(name).situation == "alarm"
    with pytest.raises(NotAllowed, match="a check raises an alarm, so name the arm"):
        stage.service.roll_out(name)


def test_one_roll_out_takes_the_place_of_another(ended: tuple[Stage, str, str]) -> None:
    stage, name, _ = ended
    other, tokens = stage.create(name="The second", **SMALL)
    stage.service.start(other)
    stage.play(tokens, {"candidate": men}, 400, first_uuid=8_000_000)
    stage.service.roll_out(name, "candidate")
    stage.service.roll_out(other, "candidate")
    assert stage.service.experiment(name).rolled_out is None
    assert stage.service.experiment(other).rolled_out is not None
    assert "in its place" in stage.service.experiment(name).log[0].said


def test_the_api_rolls_out_and_takes_back(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    with client_of(stage.service) as client:
        refused = client.post(f"/api/experiments/{name}/rollout")
        assert (refused.status_code, "name the arm" in refused.text) == (409, True)
        shown = client.post(f"/api/experiments/{name}/rollout", json={"arm": "candidate"}).json()
        assert shown["rolled_out"]["arm"] == "candidate"
        assert stage.service.renew_token(name, "candidate") != token
        assert client.delete(f"/api/experiments/{name}/rollout").json()["rolled_out"] is None
        assert client.delete(f"/api/experiments/{name}/rollout").status_code == 409


def test_numbers_of_the_roll_out_are_those_of_its_sessions(ended: tuple[Stage, str, str]) -> None:
    stage, name, token = ended
    stage.service.roll_out(name, "candidate")
    values = np.random.default_rng(1).integers(0, 2, 50).tolist()
    for i, value in enumerate(values):
        come(stage, 7_000_000 + i, f"s{i}")
        answer(stage, 7_000_000 + i, value, token)
    rolled_out = stage.service.experiment(name).rolled_out
    assert rolled_out is not None
    assert (rolled_out.sessions, rolled_out.shown_share) == (50, sum(values) / 50)
