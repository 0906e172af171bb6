"""Topics as they are found elsewhere: compacted, stamped by the broker, with odd names, records and offsets of others'
making."""

import time
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import add_partitions, create_topics, delete_topics
from liftstream.contracts.settings import KafkaSettings
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder, Worker, aside, committed, running, until

NAMES = {"topic_demographic", "topic_historic", "topic_prediction"}
FOREVER = 2**63 - 1
"""A time that programs write who mean none."""


def as_expected(*clients: Clients) -> dict[int, set[int]]:
    return {uuid: {value} for one in clients for uuid, value in one.expected.items()}


def answered(settings: KafkaSettings, folder: Path, feeder: Feeder, clients: Clients) -> Answers:
    """A worker answers them all, commits everything, and ends."""
    answers, worker = Answers(settings), Worker(settings, folder)
    feeder.send_apart(clients)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        until(lambda: committed(settings) == 2 * len(clients.uuids), worker)
        assert worker.stop() == 0
    return answers


def test_topics_with_dots_in_their_names_that_the_broker_stamps_are_joined(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    made = topics(kafka)
    names = {name: f"shop.{value}.v1" for name, value in made.model_dump().items() if name in NAMES}
    create_topics(
        kafka.bootstrap, dict.fromkeys(names.values(), 4), {"message.timestamp.type": "LogAppendTime"}
    )
    settings = made.model_copy(update=names)
    clients, feeder = Clients(1000), Feeder(settings)
    assert answered(settings, tmp_path, feeder, clients).values == as_expected(clients)
    assert aside(tmp_path) == []


def test_records_without_a_time_or_from_the_end_of_time_hold_nobody_up(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, configs={"message.timestamp.after.max.ms": str(FOREVER)})
    odd, clients, later = Clients(300), Clients(1000, first=200_000), Clients(500, first=300_000)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        feeder.send_apart(clients)
        for index, uuid in enumerate(odd.uuids):
            for side in (0, 1):
                feeder.send(side, uuid, odd.halves[side][index], (FOREVER, FOREVER - 1, 1)[index % 3])
        feeder.flush()
        until(lambda: answers.are_for(clients.uuids), worker)
        feeder.send_apart(later)
        until(lambda: answers.are_for(later.uuids), worker)
        until(lambda: committed(settings) == 2 * 1800, worker)
        until(worker.is_ready, worker)
        assert worker.stop() == 0
    found = {int(one["key"]) for one in aside(tmp_path)} | answers.values.keys()
    assert found == {*odd.uuids, *clients.uuids, *later.uuids}
    assert as_expected(clients, later).items() <= answers.values.items()


def test_records_larger_than_a_fetch_are_put_aside_and_those_with_headers_read(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2, configs={"max.message.bytes": "20000000"})
    clients, feeder, answers = Clients(300), Feeder(settings), Answers(settings)
    feeder.producer = Producer(
        {
            "bootstrap.servers": settings.bootstrap,
            "partitioner": "murmur2_random",
            "message.max.bytes": 20_000_000,
        }
    )
    worker = Worker(settings, tmp_path)
    with running(worker):
        for index, uuid in enumerate(clients.uuids):
            for side in (0, 1):
                value, headers = clients.halves[side][index], [("trace", None), ("", b"\xff")]
                feeder.producer.produce(feeder.topics[side], value, str(uuid).encode(), headers=headers)
            if index % 60 == 0:
                feeder.send(index % 2, uuid, b"x" * 9_000_000)
        feeder.flush()
        until(lambda: answers.are_for(clients.uuids), worker)
        until(lambda: committed(settings, 2) == 605, worker)
        assert worker.stop() == 0
    assert answers.values == as_expected(clients)
    assert {(one["reason"], len(one["value"])) for one in aside(tmp_path)} == {("invalid", 9_000_000)}


def test_what_a_compacted_topic_still_has_is_joined_and_its_gaps_are_no_loss(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    compacted = {
        "cleanup.policy": "compact",
        "segment.ms": "1000",
        "min.cleanable.dirty.ratio": "0.01",
        "max.compaction.lag.ms": "1000",
    }
    settings = topics(kafka, partitions=2, configs=compacted)
    clients, feeder = Clients(2000), Feeder(settings)
    for _ in range(3):
        feeder.send_apart(clients)
        time.sleep(2)
    feeder.send_apart(Clients(50, first=900_000))
    until(lambda: held(settings) < 2 * 3 * 2000, within_s=90)
    answers, worker = Answers(settings), Worker(settings, tmp_path, max_waiting=500)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        until(worker.is_ready, worker)
        assert worker.metric("records_lost_total") == 0
        assert worker.stop() == 0


def held(settings: KafkaSettings) -> int:
    """How many records the input topics have."""
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap, "group.id": "count", "enable.partition.eof": True}
    )
    found = 0
    for topic in (settings.topic_demographic, settings.topic_historic):
        for number in range(2):
            consumer.assign([TopicPartition(topic, number, 0)])
            while (message := consumer.poll(10)) is not None and message.error() is None:
                found += 1
    consumer.close()
    return found


def test_topics_made_again_while_nobody_reads_with_more_records_than_were_committed_are_read_whole(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    before, after = Clients(300), Clients(2000, first=200_000)
    feeder = Feeder(settings)
    answered(settings, tmp_path, feeder, before)
    delete_topics(settings.bootstrap, list(feeder.topics))
    time.sleep(2)
    create_topics(settings.bootstrap, dict.fromkeys(feeder.topics, 4))
    answers = Answers(settings)
    Feeder(settings).send_apart(after)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: answers.are_for(after.uuids), worker)
        until(lambda: committed(settings) == 4000, worker)
        assert worker.stop() == 0
    assert aside(tmp_path) == []


def test_one_topic_made_again_while_nobody_reads_is_read_whole_and_the_other_from_where_it_was(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    before, after = Clients(300), Clients(2000, first=200_000)
    answered(settings, tmp_path, Feeder(settings), before)
    delete_topics(settings.bootstrap, [settings.topic_historic])
    time.sleep(2)
    create_topics(settings.bootstrap, {settings.topic_historic: 4})
    answers = Answers(settings)
    Feeder(settings).send_apart(after)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(lambda: answers.are_for(after.uuids), worker)
        until(lambda: committed(settings) == 2 * 2000 + 300, worker)
        assert worker.stop() == 0
    assert aside(tmp_path) == []


def test_offsets_that_a_tool_has_set_back_are_read_from_there_with_equal_answers(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients, feeder = Clients(500), Feeder(settings)
    answers = answered(settings, tmp_path, feeder, clients)
    tool = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": settings.topic_prediction})
    names = [TopicPartition(topic, number, 0) for topic in feeder.topics for number in range(4)]
    tool.commit(offsets=names, asynchronous=False)
    tool.close()
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: len(answers.read().all) == 1000, worker)
        until(lambda: committed(settings) == 1000, worker)
        assert worker.stop() == 0
    assert answers.values == as_expected(clients)
    assert len(set(answers.all)) == 500
    assert aside(tmp_path) == []


def test_a_group_that_was_deleted_begins_anew_with_equal_answers(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients, feeder = Clients(500), Feeder(settings)
    answers = answered(settings, tmp_path, feeder, clients)
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    admin.delete_consumer_groups([settings.topic_prediction])[settings.topic_prediction].result()
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: len(answers.read().all) == 1000, worker)
        until(lambda: committed(settings) == 1000, worker)
        assert worker.stop() == 0
    assert len(set(answers.all)) == 500
    assert aside(tmp_path) == []


def test_partitions_added_while_nobody_reads_are_read_from_their_beginning(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    before, after = Clients(300), Clients(2000, first=200_000)
    answered(settings, tmp_path, Feeder(settings), before)
    add_partitions(
        settings.bootstrap, dict.fromkeys((settings.topic_demographic, settings.topic_historic), 7)
    )
    answers = Answers(settings)
    Feeder(settings).send_apart(after)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(lambda: answers.are_for(after.uuids), worker)
        until(lambda: committed(settings, 7) == 2 * 2300, worker)
        assert worker.stop() == 0
    assert aside(tmp_path) == []
