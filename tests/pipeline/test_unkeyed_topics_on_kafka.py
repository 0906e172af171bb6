"""Topics without keys, with unequal partition counts, or partitioned apart: one worker reads everything, and is right."""

import signal
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from liftstream.broker import ApacheKafka
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from liftstream.streams.loading import load_stream
from pipeline.doctor import check_group
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder, Worker, aside, running, until


class Apart(Feeder):
    """Writes halves to partitions of its own choosing."""

    def __init__(self, kafka: KafkaSettings, counts: tuple[int, int], *, keys: bool) -> None:
        super().__init__(kafka)
        self.counts, self.keys, self.sent = counts, keys, 0

    def send(self, side: int, uuid: int, value: bytes | None, stamp: int = 0) -> None:
        self.sent += 1
        partition = (uuid + side) % self.counts[side]
        key = str(uuid).encode() if self.keys else None
        self.producer.produce(self.topics[side], value, key, partition=partition, timestamp=stamp)


@pytest.mark.parametrize(
    ("keys", "why"),
    [(False, "records have no keys"), (True, "are in partitions")],
    ids=["no keys", "two partitioners"],
)
def test_halves_in_different_partition_numbers_meet(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path, keys: bool, why: str
) -> None:
    settings = topics(kafka)
    clients = Clients(5000)
    feeder, answers = Apart(settings, (4, 4), keys=keys), Answers(settings)
    feeder.send_apart(clients)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        assert worker.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []
    asked = worker_settings(settings)
    counts = {settings.topic_demographic: 4, settings.topic_historic: 4}
    (found,) = check_group(asked, counts, load_stream(asked))[:1]
    assert why in found.said
    assert "one worker serves both whole topics" in found.said


def worker_settings(kafka: KafkaSettings) -> Settings:
    return Settings(kafka=kafka, pipeline=PipelineSettings(group=kafka.topic_prediction))


def test_with_unequal_partition_counts_one_worker_answers_everyone_and_a_second_refuses_with_the_reason(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, demographic=3, historic=5)
    clients = Clients(5000)
    feeder, answers = Apart(settings, (3, 5), keys=True), Answers(settings)
    feeder.send_apart(clients)
    first = Worker(settings, tmp_path)
    with running(first):
        until(lambda: answers.are_for(clients.uuids), first)
        second = Worker(settings, tmp_path)
        with running(second):
            assert second.process.wait(300) == 1
        assert (answers.read().values.keys(), first.stop()) == (clients.expected.keys(), 0)
    said = second.said().splitlines()[-1]
    assert said.startswith("liftstream: ")
    assert f"process {first.process.pid} serves the group" in said
    assert "has 3 partitions and" in said
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []


def test_another_worker_takes_over_when_the_one_that_reads_everything_is_killed(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, demographic=2, historic=3)
    clients, later = Clients(3000), Clients(3000, first=900_000)
    feeder, answers = Apart(settings, (2, 3), keys=True), Answers(settings)
    feeder.send_apart(clients)
    first = Worker(settings, tmp_path)
    with running(first):
        until(lambda: answers.are_for(clients.uuids), first)
        second = Worker(settings, tmp_path)
        with running(second):
            until(lambda: "waiting to see whether it is still alive" in second.said(), second)
            status, body = second.get("/ready")
            assert status == 503
            assert "waiting to see" in body
            first.stop(signal.SIGKILL)
            feeder.send_apart(later)
            until(lambda: answers.are_for(later.uuids), second)
            until(second.is_ready, second)
            assert second.stop() == 0
    assert aside(tmp_path) == []


def test_workers_that_start_on_empty_topics_share_them_as_soon_as_it_is_known_that_they_can(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(4000)
    feeder, answers = Feeder(settings), Answers(settings)
    first = Worker(settings, tmp_path)
    with running(first):
        until(first.is_ready, first)
        second = Worker(settings, tmp_path)
        with running(second):
            until(lambda: "standing by" in second.get("/ready")[1], second)
            feeder.send_apart(clients)
            until(second.is_ready, first, second)
            assert len(second.event("assigned")["partitions"]) == 4
            until(lambda: answers.are_for(clients.uuids), first, second)
            assert (first.stop(), second.stop()) == (0, 0)
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []


def test_workers_that_share_give_everything_to_one_when_keys_are_no_longer_written(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients, later = Clients(2000), Clients(2000, first=900_000)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send_apart(clients)
    first = Worker(settings, tmp_path)
    with running(first):
        until(lambda: answers.are_for(clients.uuids), first)
        second = Worker(settings, tmp_path)
        with running(second):
            until(second.is_ready, first, second)
            Apart(settings, (4, 4), keys=False).send_apart(later)
            until(lambda: answers.are_for(later.uuids), first)
            until(lambda: "has records without keys" in second.said(), first)
            assert first.stop() == 0
            assert second.stop() in (0, 1)  # after 13 s of standing by it ends by itself, and says why
    assert {uuid: {value} for uuid, value in later.expected.items()}.items() <= answers.values.items()
    assert aside(tmp_path) == []


def test_a_group_of_another_program_is_named_whichever_protocol_it_speaks(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    other = Consumer(
        {
            "bootstrap.servers": settings.bootstrap,
            "group.id": settings.topic_prediction,
            "group.protocol": "consumer",
            "client.id": "a-stranger",
            "log_level": 0,
        }
    )
    other.subscribe([settings.topic_demographic])
    deadline = time.monotonic() + 300
    while not other.assignment() and time.monotonic() < deadline:
        other.poll(0.2)
    worker = Worker(settings, tmp_path)
    with running(worker):
        while worker.process.poll() is None:
            other.poll(0.2)
        assert worker.process.wait(300) == 1
    other.close()
    last = worker.said().splitlines()[-1]
    assert "is used by another program: a-stranger at 127.0.0.1 (protocol 'consumer')" in last
