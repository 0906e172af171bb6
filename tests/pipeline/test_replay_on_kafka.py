"""What was put aside is sent again, from a folder and from a topic, and answered then."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from confluent_kafka import Consumer, Producer, TopicPartition

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import create_topics
from liftstream.cli.pipeline.side_output import side_output
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.errors import SideOutputError
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from liftstream.contracts.side_output import encode_put_aside, put_aside
from pipeline.replay.replay import commit_replayed, read_side_output
from pipeline.side_output import ROOM_FOR_MARK
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder, Worker, committed, running, until


def ask(settings: KafkaSettings, place: str, *words: str) -> Any:
    environment = kafka_environment(settings) | {
        "LIFTSTREAM_PIPELINE__SIDE_OUTPUT": place,
        "LIFTSTREAM_PIPELINE__GROUP": settings.topic_prediction,
    }
    done = CliRunner(env=environment).invoke(side_output, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["folder", "topic"])
def test_clients_whose_halves_came_too_far_apart_are_answered_after_a_replay_and_only_once(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path, kind: str
) -> None:
    settings = topics(kafka, partitions=2)
    place = str(tmp_path / "side-output")
    if kind == "topic":
        name = f"aside-{uuid4().hex[:8]}"
        create_topics(kafka.bootstrap, {name: 2})
        place = f"topic:{name}"
    clients = Clients(30)
    feeder, answers = Feeder(settings), Answers(settings)
    for index, uuid in enumerate(clients.uuids):
        for side in (0, 1):
            if index or not side:  # of the first client one half only
                feeder.send(side, uuid, clients.halves[side][index], 1_700_000_000_000 + 10_000 * side)
    feeder.send(0, 1, b"no json")
    feeder.flush()
    worker = Worker(settings, tmp_path, side_output=place, join_window_s=0.5)
    with running(worker):
        until(lambda: worker.metric("records_put_aside_total") == 60, worker)
        listed = ask(settings, place, "list")
        assert listed["reasons"]["timeout"] + listed["reasons"]["late"] == 59
        assert listed["reasons"]["invalid"] == 1
        assert (listed["clients_with_both_halves"], listed["clients_with_one_half"]) == (29, 1)
        assert ask(settings, place, "replay")["clients_sent"] == 29
        until(lambda: answers.are_for(clients.uuids[1:]), worker)
        assert ask(settings, place, "replay")["clients_sent"] == 0
        assert ask(settings, place, "list")["replayed"] >= 58
        assert worker.stop() == 0
    expected = {uuid: {clients.expected[uuid]} for uuid in clients.uuids[1:]}
    assert answers.values == expected
    assert len(answers.all) == 29


def test_halves_go_back_where_they_came_from_with_their_keys_and_headers(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=3)
    place, clients = str(tmp_path / "side-output"), Clients(20)
    feeder, answers, headers = Feeder(settings), Answers(settings), [("trace", b"\x00\x01"), ("trace", b"2")]
    for index, uuid in enumerate(clients.uuids):
        for side, topic in enumerate(feeder.topics):
            feeder.producer.produce(
                topic,
                clients.halves[side][index],
                b"\xff%d" % uuid,
                partition=uuid % 3,  # as no partitioner would have it
                timestamp=1_700_000_000_000 + 10_000 * side,
                headers=headers,
            )
    feeder.flush()
    worker = Worker(settings, tmp_path, side_output=place, join_window_s=0.5)
    with running(worker):
        until(lambda: worker.metric("records_put_aside_total") == 40, worker)
        assert ask(settings, place, "replay")["clients_sent"] == 20
        until(lambda: answers.are_for(clients.uuids), worker)
        assert worker.stop() == 0
    reader = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "look", "log_level": 0})
    reader.assign([TopicPartition(topic, number, 0) for topic in feeder.topics for number in range(3)])
    sent = list(reader.consume(80, 10))
    reader.close()
    assert len(sent) == 80
    seen = Counter((m.topic(), m.partition(), m.key(), m.value(), tuple(m.headers() or ())) for m in sent)
    assert set(seen.values()) == {2}
    assert {key[-1] for key in seen} == {tuple(headers)}


def test_halves_keep_their_times_where_those_of_a_side_are_a_field(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings, at_ms = topics(kafka, partitions=1), 1_700_000_000_000
    sides = "".join(
        f"  {name}:\n    topic: ${{KAFKA__TOPIC_{name.upper()}}}\n    id: {{path: id, type: integer}}\n{time}"
        f"    features:\n      {name[0]}: {{type: number}}\n"
        for name, time in (("demographic", "    time: {path: at, unit: ms}\n"), ("historic", ""))
    )
    definition = tmp_path / "timed.yaml"
    definition.write_text(f"name: timed\nsides:\n{sides}answer:\n  fields: {{id: id, s: score}}\n")
    values = b'{"id": 7, "at": %d, "d": 1}' % at_ms, b'{"id": 7, "h": 2}'
    feeder, folder = Feeder(settings), tmp_path / "side-output"
    for topic, value in zip(feeder.topics, values, strict=True):
        feeder.producer.produce(topic, value, b"7", timestamp=at_ms)
    feeder.flush()
    folder.mkdir()
    lines = [
        put_aside("timeout", "no partner", topic, 0, 0, at_ms, b"7", value)
        for topic, value in zip(feeder.topics, values, strict=True)
    ]
    (folder / "w-1.jsonl").write_bytes(
        b"".join(encode_put_aside(one) + ROOM_FOR_MARK + b"\n" for one in lines)
    )
    chosen = f"PIPELINE__STREAM={definition}"
    assert ask(settings, str(folder), "replay", "--set", chosen)["clients_sent"] == 1
    sent = [one for topic in feeder.topics for one in newest(settings, topic)]
    assert [one.timestamp()[1] for one in sent] == [at_ms] * 4


def newest(settings: KafkaSettings, topic: str) -> list[Any]:
    """The two records of a topic of one partition."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": "look"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = consumer.consume(2, 60)
    consumer.close()
    return found


def test_a_record_too_large_for_the_side_outputs_topic_is_cut_and_its_partition_goes_on(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    name = f"aside-{uuid4().hex[:8]}"
    create_topics(kafka.bootstrap, {name: 1}, {"max.message.bytes": "60000"})
    clients = Clients(50)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send(1, 5, b"\xff\xfe" * 450_000)
    feeder.send(0, 6, b"\xfe" * 1000)
    feeder.send_apart(clients)
    worker = Worker(settings, tmp_path, side_output=f"topic:{name}")
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        until(lambda: committed(settings, 1) == 102, worker)
        listed = ask(settings, f"topic:{name}", "list")
        assert listed["reasons"]["invalid"] == 2
        assert worker.stop() == 0


@pytest.fixture
def in_topic(kafka: ApacheKafka) -> Settings:
    """Settings of a side output that is a topic of two partitions."""
    name = f"aside-{uuid4().hex[:8]}"
    create_topics(kafka.bootstrap, {name: 2})
    return Settings(
        kafka=KafkaSettings(bootstrap=kafka.bootstrap),
        pipeline=PipelineSettings(side_output=f"topic:{name}", group=name),
    )


def write_aside(settings: Settings, *offsets: int, commit: bool = True) -> None:
    """Puts records of these offsets aside, all in one transaction as the job on Flink does."""
    topic = settings.pipeline.side_output.removeprefix("topic:")
    producer = Producer(
        {"bootstrap.servers": settings.kafka.bootstrap, "transactional.id": uuid4().hex, "log_level": 0}
    )
    producer.init_transactions()
    producer.begin_transaction()
    for offset in offsets:
        record = put_aside("timeout", "", "topic_historic", 0, offset, 0, b"1", b"{}")
        producer.produce(topic, encode_put_aside(record), partition=offset % 2)
    producer.flush()
    (producer.commit_transaction if commit else producer.abort_transaction)()


def replayed(settings: Settings) -> dict[int, bool]:
    return {line.record.offset: line.record.replayed for line in read_side_output(settings)}


def test_what_is_put_aside_while_a_replay_runs_is_left_for_the_next_one(in_topic: Settings) -> None:
    write_aside(in_topic, 0, 2, 4)
    until(lambda: len(replayed(in_topic)) == 3)  # Kafka shows a transaction a moment after it was committed
    lines = read_side_output(in_topic)
    write_aside(in_topic, 1, 6)
    commit_replayed(in_topic, lines)
    until(lambda: replayed(in_topic) == {0: True, 2: True, 4: True, 1: False, 6: False})


def test_what_was_rolled_back_was_never_put_aside(in_topic: Settings) -> None:
    write_aside(in_topic, 0)
    write_aside(in_topic, 1, 2, commit=False)
    write_aside(in_topic, 3)
    until(lambda: 3 in replayed(in_topic))
    assert replayed(in_topic) == {0: False, 3: False}


def test_a_record_of_the_topic_that_is_none_of_the_side_output_is_named(in_topic: Settings) -> None:
    topic = in_topic.pipeline.side_output.removeprefix("topic:")
    producer = Producer({"bootstrap.servers": in_topic.kafka.bootstrap, "log_level": 0})
    producer.produce(topic, b"no json", partition=1)
    assert producer.flush(60) == 0
    with pytest.raises(SideOutputError, match=f"{topic}/1: offset 0 is no record of the side output: "):
        read_side_output(in_topic)
