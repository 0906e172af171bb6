"""The right to read is taken from a running worker and given back: it waits, says which one, and loses nothing."""

import time
from pathlib import Path

import pytest

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import add_user, grant, revoke_read
from liftstream.broker.topics import Wanted, make_missing
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from pipeline.replay.replay import read_side_output
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import SOON_S, Answers, Clients, Feeder, Worker, aside, running, until

PASSWORD = "a-password"  # noqa: S105


def seen_by(broker: ApacheKafka, settings: KafkaSettings, user: str) -> KafkaSettings:
    return KafkaSettings.model_validate(
        settings.model_dump()
        | {
            "bootstrap": broker.secure_bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "username": user,
            "password": PASSWORD,
        }
    )


def give(broker: ApacheKafka, settings: KafkaSettings, user: str) -> None:
    inputs = settings.topic_demographic, settings.topic_historic
    group = (settings.topic_prediction,)
    grant(broker.bootstrap, user, read=inputs, write=(settings.topic_prediction,), groups=group)


@pytest.mark.parametrize("kind", ["topic", "group"])
def test_a_right_that_is_taken_is_named_and_waited_for(
    secured_kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path, kind: str
) -> None:
    settings = topics(secured_kafka, partitions=2)
    user = f"worker-{settings.topic_prediction}"
    add_user(secured_kafka.bootstrap, user, PASSWORD)
    give(secured_kafka, settings, user)
    name = settings.topic_historic if kind == "topic" else settings.topic_prediction
    before, meanwhile = Clients(100, first=1_000), Clients(300, first=10_000)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(seen_by(secured_kafka, settings, user), tmp_path)
    with running(worker):
        feeder.send_apart(before)
        until(lambda: answers.are_for(before.uuids), worker)
        revoke_read(secured_kafka.bootstrap, user, **{kind: name})
        until(lambda: f"READ on {kind} {name}" in worker.get("/ready")[1], worker, within_s=SOON_S)
        feeder.send_apart(meanwhile)
        if kind == "topic":  # the group notices that it is gone, and later that it is there again
            until(lambda: "nothing can be read" in worker.get("/ready")[1], worker, within_s=SOON_S)
        give(secured_kafka, settings, user)
        until(lambda: answers.are_for(meanwhile.uuids), worker, within_s=SOON_S)
        until(worker.is_ready, worker)
        assert worker.stop() == 0
    assert aside(tmp_path) == []


def refusal(settings: Settings) -> str:
    """Why a side output cannot be read."""
    with pytest.raises(BrokerError) as refused:
        read_side_output(settings)
    return str(refused.value)


def test_a_replay_from_a_topic_names_the_group_that_it_needs_and_no_topic_that_is_there_is_made(
    secured_kafka: ApacheKafka, topics: MakeTopics
) -> None:
    settings = topics(secured_kafka, partitions=1)
    user = f"reader-{settings.topic_prediction}"
    add_user(secured_kafka.bootstrap, user, PASSWORD)
    grant(secured_kafka.bootstrap, user, read=(settings.topic_demographic,))
    theirs = seen_by(secured_kafka, settings, user)
    aside_topic = PipelineSettings(side_output=f"topic:{settings.topic_demographic}", group="mine")
    deadline = time.monotonic() + SOON_S
    while "Authentication failed" in (said := refusal(Settings(kafka=theirs, pipeline=aside_topic))):
        assert time.monotonic() < deadline, said  # a broker knows a new user a moment later
        time.sleep(0.1)
    assert said.startswith("READ on group 'mine-replay' is missing: ask the broker's administrator")
    missing = f"{settings.topic_demographic}-more"
    wanted = {name: Wanted(1, {}) for name in (settings.topic_demographic, missing)}
    with pytest.raises(BrokerError, match=f"refuses to make {missing}: .*; grant CREATE") as refused:
        make_missing(theirs, wanted)
    assert f"{settings.topic_demographic}:" not in str(refused.value)
    assert make_missing(theirs, {settings.topic_demographic: Wanted(1, {})}) == []
