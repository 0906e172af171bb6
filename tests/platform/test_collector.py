"""The loop without Kafka: every record counts once, under one reason, in one arm, on both databases."""

from collections import Counter

import pytest

from liftstream.contracts.messages import Demographic, Prediction, Revenue, Session
from liftstream.experiment import draw_arm
from liftstream.platform.documents.experiment import ExperimentDocument
from liftstream.platform.ingest import loading
from liftstream.platform.ingest.collector import Collector
from liftstream.platform.ingest.saving import SomebodyElse
from testbed.platform_stage import Stage

PATIENCE_MS = 1_000


class Play:
    """An experiment that runs, and clients whose arm is known."""

    def __init__(self, stage: Stage, **fields: object) -> None:
        self.stage = stage
        self.id, self.tokens = stage.create(**fields)
        stage.service.start(self.id)
        self.token = next(iter(self.tokens.values()), "")
        plan = self.look().plan
        self.arms: dict[str, list[int]] = {arm: [] for arm in plan.shares}
        for uuid in range(1, 200):
            self.arms[draw_arm(uuid, plan.salt, plan.shares) or ""].append(uuid)
        self.original, self.candidate = (self.arms[arm] for arm in list(plan.shares)[:2])

    def look(self) -> ExperimentDocument:
        return self.stage.service.experiment(self.id)

    def open(self, *uuids: int, visit: int = 1) -> None:
        self.stage.take(
            *(self.stage.raw("session", Session(u, f"{u}-{visit}", self.stage.ms)) for u in uuids)
        )

    def answer(self, uuid: int, value: object = 1, token: str | None = None, wait_ms: int = 0) -> None:
        self.stage.ms += wait_ms
        record = {"uuid": uuid, "value": value, "token": self.token if token is None else token}
        self.stage.take(self.stage.raw("prediction", record))

    def pay(self, uuid: int, usd: float, revision: int = 0, visit: int = 1) -> None:
        self.stage.take(self.stage.raw("revenue", Revenue(uuid, f"{uuid}-{visit}", usd, revision)))

    def reasons(self, kind: str = "prediction") -> dict[str, int]:
        return {r.reason: r.count for r in self.look().answers.reasons if r.kind == kind}

    def counts(self) -> dict[str, tuple[int, ...]]:
        return {
            arm.arm: (arm.clients, arm.sessions, arm.answered, arm.unanswered, arm.shown)
            for arm in self.look().arms
        }


@pytest.fixture
def play(stage_on: Stage) -> Play:
    return Play(stage_on)


def test_the_first_valid_answer_in_time_decides_and_the_shop_is_told(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.answer(uuid, 1)
    decision = play.stage.decisions[f"{uuid}-1"]
    assert (decision.arm, decision.value, decision.answered) == ("candidate", 1, True)
    assert play.counts() == {"original": (0, 0, 0, 0, 0), "candidate": (1, 1, 1, 0, 1)}


def test_an_answer_that_changes_its_mind_changes_nothing(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.answer(uuid, 0)
    play.answer(uuid, 1)
    assert play.counts()["candidate"] == (1, 1, 1, 0, 0)
    assert play.reasons() == {"accepted": 1, "repeated": 1}


def test_the_original_decides_for_its_own_arm_whatever_the_candidate_says(play: Play) -> None:
    man, woman = play.original[:2]
    play.open(man, woman)
    play.answer(man, 0)
    play.answer(woman, 1)
    play.stage.take(
        play.stage.raw("demographic", Demographic(man, 30, 1, 0)),
        play.stage.raw("demographic", Demographic(woman, 30, 0, 1)),
    )
    assert play.counts()["original"] == (2, 2, 2, 0, 1)
    assert play.reasons() == {"not_in_arm": 2}
    assert play.look().answers.rejected == 0


def test_what_is_known_of_a_client_before_the_session_decides_as_soon_as_it_opens(play: Play) -> None:
    man = play.original[0]
    play.stage.take(play.stage.raw("demographic", Demographic(man, 30, 1, 0)))
    play.open(man)
    assert play.counts()["original"] == (1, 1, 1, 0, 1)


def test_no_answer_in_the_pages_patience_counts_as_unanswered_in_its_arm(play: Play) -> None:
    quiet, asked = play.candidate[0], play.original[0]
    play.open(quiet, asked)
    play.stage.take(wait_ms=PATIENCE_MS)
    assert play.stage.decisions == {}
    play.stage.take(wait_ms=1)
    assert {d.answered for d in play.stage.decisions.values()} == {False}
    play.answer(quiet, 1)
    assert play.counts() == {"original": (1, 1, 0, 1, 0), "candidate": (1, 1, 0, 1, 0)}
    play.stage.take(wait_ms=3 * PATIENCE_MS)
    assert play.reasons()["late"] == 1


def test_a_client_who_returns_keeps_the_arm_and_is_one_observation(play: Play) -> None:
    uuid = play.candidate[0]
    for visit in (1, 2):
        play.open(uuid, visit=visit)
        play.answer(uuid, 1)
        play.pay(uuid, 20.0, visit=visit)
        play.stage.ms += 60_000
    arm = play.look().arms[1]
    assert (arm.clients, arm.sessions, arm.answered, arm.n, arm.mean) == (1, 2, 2, 1, 40.0)


def test_money_that_is_late_repeated_corrected_or_refunded_is_booked_once(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.answer(uuid)
    for usd, revision in ((30.0, 1), (30.0, 1), (99.0, 0), (0.0, 2)):
        play.pay(uuid, usd, revision)
    arm = play.look().arms[1]
    assert (arm.n, arm.mean) == (1, 0.0)
    assert play.reasons("revenue") == {"accepted": 2, "repeated": 1, "outdated": 1}


def test_records_that_come_before_their_session_wait_for_it(play: Play) -> None:
    uuid = play.candidate[0]
    play.answer(uuid, 1)
    play.pay(uuid, 12.5)
    assert play.counts()["candidate"] == (0, 0, 0, 0, 0)
    play.open(uuid)
    arm = play.look().arms[1]
    assert (arm.answered, arm.shown, arm.n, arm.mean) == (1, 1, 1, 12.5)


def test_an_answer_for_a_second_session_that_is_not_read_yet_waits_for_it(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.answer(uuid, 1)
    play.answer(uuid, 1, wait_ms=60_000)
    play.open(uuid, visit=2)
    assert play.counts()["candidate"] == (1, 2, 2, 0, 2)


@pytest.mark.parametrize("value", [7, -1, True, 1.0, "1", None, [1]])
def test_a_value_that_is_neither_0_nor_1_decides_nothing_and_a_right_one_may_follow(
    stage: Stage, value: object
) -> None:
    play = Play(stage)
    uuid = play.candidate[0]
    play.open(uuid)
    play.answer(uuid, value)
    assert play.reasons() == {"wrong_value": 1}
    play.answer(uuid, 1)
    assert play.counts()["candidate"] == (1, 1, 1, 0, 1)


def test_reasons_are_asked_in_order_token_client_time_value(play: Play) -> None:
    inside, other = play.candidate[0], play.original[0]
    play.open(inside, other)
    play.answer(inside, 7, token="nobody's")  # noqa: S106
    play.answer(other, 7)
    play.answer(inside, 7)
    play.answer(150_000, 7)
    play.stage.take(wait_ms=3 * PATIENCE_MS)
    play.stage.take(wait_ms=3 * PATIENCE_MS)
    found = play.reasons()
    assert (found["unknown_token"], found["not_in_arm"], found["wrong_value"]) == (1, 1, 1)
    assert found["unknown_client"] == 1


def test_a_hostile_candidate_changes_no_count_of_another_arm_and_is_listed_by_reason(stage_on: Stage) -> None:
    play = Play(stage_on, candidates=["good", "hostile"], n_per_arm=8_000)
    good, hostile = play.arms["good"], play.arms["hostile"]
    everybody = [*play.arms["original"][:20], *good[:20], *hostile[:20]]
    play.open(*everybody)
    play.stage.take(*(play.stage.raw("prediction", Prediction(u, 0, play.tokens["good"])) for u in good[:20]))
    before = play.counts()
    token = play.tokens["hostile"]
    attack = [Prediction(u, 1, token) for u in everybody] * 3
    attack += [Prediction(u, 0, token) for u in hostile[:20]]
    attack += [Prediction(u, 7, token) for u in range(10_000, 10_500)]
    raws = [play.stage.raw("prediction", record) for record in attack]
    raws += [play.stage.raw("prediction", Prediction(u, 1, f"guess {u}")) for u in range(500)]
    raws += [play.stage.raw("prediction", bad) for bad in (b"x" * 2**20, b"\xff", b"[" * 5_000, b"{}", None)]
    play.stage.take(*raws)
    play.stage.take(wait_ms=10 * PATIENCE_MS)
    after = play.counts()
    # nobody but the hostile arm itself was answered; the original's sessions were given up
    assert after["good"] == before["good"]
    assert after["original"] == (20, 20, 0, 20, 0)
    assert after["hostile"] == (20, 20, 20, 0, 20)
    found = play.reasons()
    assert found["not_in_arm"] == 3 * 40
    assert found["repeated"] == 2 * 20 + 20
    assert (found["unknown_token"], found["malformed"], found["unknown_client"]) == (500, 5, 500)
    shown = play.look().answers.refused
    assert len(shown) == 20
    assert token not in play.look().model_dump_json()


def test_a_flood_of_early_answers_leaves_room_for_the_other_candidate(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liftstream.platform.ingest.rules.early.EARLY_MOST", 50)
    play = Play(stage, candidates=["good", "hostile"], n_per_arm=8_000)
    flood = [
        play.stage.raw("prediction", Prediction(u, 1, play.tokens["hostile"])) for u in range(1_000, 1_200)
    ]
    uuid = play.arms["good"][0]
    play.stage.take(*flood, play.stage.raw("prediction", Prediction(uuid, 1, play.tokens["good"])))
    play.open(uuid)
    assert play.counts()["good"] == (1, 1, 1, 0, 1)
    assert play.reasons()["unknown_client"] == 150


def test_the_same_batches_again_after_a_crash_before_the_commit_count_once(stage_on: Stage) -> None:
    play = Play(stage_on)
    uuids = play.candidate[:30] + play.original[:30]
    play.open(*uuids)
    batch = [play.stage.raw("prediction", Prediction(u, 1, play.token)) for u in uuids]
    batch += [play.stage.raw("revenue", Revenue(u, f"{u}-1", 10.0, 0)) for u in uuids]

    class PowerCutError(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("liftstream.platform.ingest.saving.save_places", cut)
        with pytest.raises(PowerCutError):
            play.stage.take(*batch)
    before = play.counts()
    assert before["candidate"] == (30, 30, 0, 0, 0)
    again = Collector(
        stage_on.service.engine, lambda _: [], stage_on.service.topics, stage_on.service.bandits
    )
    again.start(stage_on.ms)
    assert again.places["topic_session", 0] == 60
    assert ("topic_student_prediction", 0) not in again.places
    again.take(batch, stage_on.ms)
    assert play.counts()["candidate"] == (30, 30, 30, 0, 30)
    assert [arm.n for arm in play.look().arms] == [30, 30]


def test_a_decision_of_which_the_shop_may_not_have_heard_is_told_again_after_a_crash(play: Play) -> None:
    told, untold = play.candidate[:2]
    play.open(told, untold)
    play.answer(told)
    play.open(play.candidate[2])  # writes down that the first was delivered
    raw = play.stage.raw("prediction", Prediction(untold, 0, play.token))
    play.stage.service.collector.take([raw], play.stage.ms)  # ... and the crash comes before delivery
    again = Collector(
        play.stage.service.engine, lambda _: [], play.stage.service.topics, play.stage.service.bandits
    )
    unheard = again.start(play.stage.ms)
    assert f"{untold}-1" in {d.session for d in unheard}


def test_a_second_platform_on_the_same_database_cannot_count_anything(play: Play) -> None:
    first = play.stage.service.collector
    second = Collector(
        play.stage.service.engine, lambda _: [], play.stage.service.topics, play.stage.service.bandits
    )
    second.start(play.stage.ms)
    raw = play.stage.raw("session", Session(1, "1-1", play.stage.ms))
    with pytest.raises(SomebodyElse, match="another platform"):
        first.take([raw], play.stage.ms)
    second.take([raw], play.stage.ms)
    assert sum(arm.clients for arm in play.look().arms) == 1


def test_a_stop_by_another_platform_on_the_same_database_is_not_undone(play: Play) -> None:
    other = Stage(play.stage.service.settings.platform.database)
    other.ms = play.stage.ms
    play.stage.service.stop(play.id, "enough")
    raw = other.raw("session", Session(1, "1-1", other.ms))
    with pytest.raises(SomebodyElse):
        other.service.collector.take([raw], other.ms)
    other.service.collector.start(other.ms)
    other.take(raw)
    assert play.look().state == "stopped"
    assert sum(arm.clients for arm in play.look().arms) == 0
    other.service.close()


def test_money_of_a_known_client_that_comes_before_its_session_waits_though_nobody_new_is_taken(
    stage: Stage,
) -> None:
    play = Play(stage, n_per_arm=10, effect=20, sd=15)
    play.open(*range(1, 21))
    assert sum(arm.clients for arm in play.look().arms) == 20
    play.pay(1, 5.0)
    play.pay(1, 7.0, visit=2)
    play.open(1, visit=2)
    assert play.reasons("revenue") == {"accepted": 2}
    assert sum(arm.revenue for arm in play.look().arms) == 12.0


def test_a_topic_that_was_made_again_is_read_on_from_where_it_is(play: Play) -> None:
    play.open(*range(1, 10))
    topic = next(iter(play.stage.offsets))
    play.stage.offsets[topic] = 0
    play.open(10, 11)
    again = Collector(
        play.stage.service.engine, lambda _: [], play.stage.service.topics, play.stage.service.bandits
    )
    again.start(play.stage.ms)
    assert again.places[topic, 0] == 2


def test_an_absurd_amount_that_is_corrected_leaves_the_sums_of_the_clients(stage_on: Stage) -> None:
    watched = [{"source": "revenue", "kind": "money", "margin": 5, "name": "all money"}]
    plays = [
        Play(stage_on, cap=None),
        Play(
            stage_on,
            metric={"kind": "count", "outcome": "visit"},
            base_rate=1,
            sd=None,
            effect=0.1,
            guards=watched,
        ),
    ]
    uuids, money = range(1, 41), {uuid: 20 + uuid % 7 / 10 for uuid in range(1, 41)}
    plays[0].open(*uuids)
    for uuid in uuids:
        plays[0].pay(uuid, money[uuid])
    for revision, usd in enumerate((1e9, money[7]), start=1):
        plays[0].pay(7, usd, revision)
    with stage_on.service.reading() as connection:
        lives = {live.id: live for live in loading.load_lives(connection)}
    kept = (lives[plays[0].id].moments, lives[plays[1].id].guards["all money"])
    for play, moments in zip(plays, kept, strict=True):
        plan = play.look().plan
        for arm, found in moments.items():
            spent = [usd for uuid, usd in money.items() if draw_arm(uuid, plan.salt, plan.shares) == arm]
            assert found.n == len(spent)
            assert found.mean == pytest.approx(sum(spent) / len(spent))
            assert found.m2 == pytest.approx(sum((usd - found.mean) ** 2 for usd in spent), rel=1e-9)


def test_experiments_of_one_exclusive_group_share_no_client_and_others_are_independent(stage: Stage) -> None:
    plays = [Play(stage, exclusive="checkout", share=0.5) for _ in range(2)]
    free = Play(stage)
    stage.take(*(stage.raw("session", Session(u, f"{u}-1", stage.ms)) for u in range(1, 1_001)))
    counts = [sum(clients for clients, *_ in play.counts().values()) for play in plays]
    assert sum(counts) == 1_000
    assert min(counts) > 400
    assert sum(clients for clients, *_ in free.counts().values()) == 1_000
    with pytest.raises(Exception, match="no room"):
        Play(stage, exclusive="checkout", share=0.1)


def test_an_a_a_experiment_beside_another_decides_nothing_and_counts_its_money(stage: Stage) -> None:
    real, labels = Play(stage), Play(stage, aa=True)
    uuid = real.candidate[0]
    real.open(uuid)
    real.answer(uuid, 1)
    real.pay(uuid, 17.0)
    assert len(stage.decisions) == 1
    assert sum(arm.n for arm in labels.look().arms) == 1
    assert labels.tokens == {}


def test_a_replaced_token_opens_nothing_any_more(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    new = play.stage.service.renew_token(play.id, "candidate")
    play.answer(uuid)
    assert play.reasons() == {"revoked_token": 1}
    play.answer(uuid, 1, token=new)
    assert play.counts()["candidate"] == (1, 1, 1, 0, 1)


def test_planned_weights_are_the_shares_that_are_drawn(stage: Stage) -> None:
    play = Play(stage, weights=[3, 1], n_per_arm=12_000)
    plan = play.look().plan
    arms = Counter(draw_arm(u, plan.salt, plan.shares) for u in range(20_000))
    assert 14_600 < arms["original"] < 15_400
    assert plan.shares == {"original": 0.75, "candidate": 0.25}


def test_sessions_before_the_start_and_after_the_end_enrol_nobody(play: Play) -> None:
    early, late = play.candidate[:2]
    play.stage.take(play.stage.raw("session", Session(early, f"{early}-1", 0), at_ms=play.stage.ms - 60_000))
    play.stage.service.stop(play.id, "enough")
    play.open(late)
    assert sum(arm.clients for arm in play.look().arms) == 0
    assert play.reasons("session") == {"before_start": 1}


def test_a_page_that_waits_when_its_experiment_is_stopped_still_gets_its_word(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.stage.service.stop(play.id, "enough")
    play.answer(uuid, 1)
    assert play.stage.decisions[f"{uuid}-1"].value == 1


def test_clients_whose_money_never_comes_count_with_nothing(stage: Stage) -> None:
    play = Play(stage, effect=15, n_per_arm=15)
    everybody = sorted(u for some in play.arms.values() for u in some)[:30]
    play.open(*everybody)
    play.stage.take(wait_ms=2 * PATIENCE_MS)
    for number, uuid in enumerate(everybody[:-4]):
        play.pay(uuid, float(number))
    assert play.look().state == "running"
    assert "waits for the money of 4" in play.look().outlook.sentence
    play.stage.take(wait_ms=31 * 60_000)
    found = play.look()
    assert (found.state, found.n_total) == ("finished", 30)
    assert sum(arm.revenue for arm in found.arms) == sum(range(26))
    assert any(line.kind == "no money" for line in found.log)


def test_money_of_a_shop_without_a_running_experiment_is_everyday_life(play: Play) -> None:
    uuid = play.candidate[0]
    play.open(uuid)
    play.stage.service.stop(play.id, "enough")
    play.stage.take(wait_ms=2 * PATIENCE_MS)
    play.pay(uuid, 20.0)
    assert play.reasons("revenue") == {"outside": 1}
    assert play.look().answers.refused == []


def test_money_of_a_session_that_was_never_opened_is_kept_for_inspection(play: Play) -> None:
    play.pay(play.candidate[0], 20.0)
    play.stage.take(wait_ms=2 * PATIENCE_MS)
    play.stage.take(wait_ms=2 * PATIENCE_MS)
    assert play.reasons("revenue") == {"unknown_session": 1}
    (kept,) = play.look().answers.refused
    assert (kept.reason, kept.topic, kept.offset) == ("unknown_session", "topic_revenue", 0)
    assert str(play.candidate[0]) in kept.value
