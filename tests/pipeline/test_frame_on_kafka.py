"""What our frame changes in Faust and aiokafka, each tried on a real broker: an upgrade that moves one of them fails here."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kafka import KafkaAdminClient, TopicPartition

from liftstream.broker import ApacheKafka
from liftstream.broker.apache import free_ports
from liftstream.contracts.settings import KafkaSettings
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import (
    Answers,
    Clients,
    Feeder,
    Worker,
    aside,
    committed,
    feeding,
    running,
    until,
)


def delete_before(kafka: KafkaSettings, topic: str, offsets: dict[int, int]) -> None:
    """What retention does."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(topic, number): offset for number, offset in offsets.items()})
    admin.close()


def test_records_that_retention_took_are_reported_with_their_number_and_the_rest_is_answered(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    clients, gone, later = Clients(100), Clients(250, first=10_000), Clients(100, first=20_000)
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        feeder.send_apart(clients)
        until(lambda: answers.are_for(clients.uuids) and committed(settings, 1) == 200, worker)
        assert worker.stop() == 0
    feeder.send_apart(gone)
    feeder.send_apart(later)
    for topic in feeder.topics:
        delete_before(settings, topic, {0: 350})
    again = Worker(settings, tmp_path)
    with running(again):
        until(lambda: answers.are_for(later.uuids), again)
        assert again.metric("records_lost_total") == 500
        lost = [line for line in again.log() if line["event"] == "records lost by retention"]
        assert {(line["topic"], line["offset"], line["count"]) for line in lost} == {
            (topic, 100, 250) for topic in feeder.topics
        }
        assert again.stop() == 0
    assert not answers.values.keys() & set(gone.uuids)


def test_a_group_without_commits_begins_at_the_end_where_it_is_told_to(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    before, after = Clients(50), Clients(50, first=10_000)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send_apart(before)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(worker.is_ready, worker)
        feeder.send_apart(after)
        until(lambda: answers.are_for(after.uuids), worker)
        assert worker.stop() == 0
    assert answers.values.keys() == set(after.uuids)


@contextmanager
def forwarding(port: int, to: int) -> Iterator[None]:
    """Opens a port that leads to another one."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # the other direction has ended, and closed this one's sockets
            while data := source.recv(65_536):
                target.sendall(data)
        target.close()

    def accept() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", to))
            for pair in ((client, broker), (broker, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as door:
        threading.Thread(target=accept, daemon=True).start()
        yield
        door.shutdown(socket.SHUT_RDWR)


def test_a_broker_that_is_not_there_yet_is_waited_for_and_the_state_is_said(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients = Clients(50)
    feeder, answers = Feeder(settings), Answers(settings)
    feeder.send_apart(clients)
    (port,) = free_ports(1)
    worker = Worker(settings.model_copy(update={"bootstrap": f"127.0.0.1:{port}"}), tmp_path)
    with running(worker):
        until(lambda: "waiting for Kafka at" in worker.get("/ready")[1], worker)
        assert worker.get("/live")[0] == 200
        with forwarding(port, int(kafka.bootstrap.rpartition(":")[2])):
            until(lambda: answers.are_for(clients.uuids), worker)
            until(worker.is_ready, worker)
            assert worker.stop() == 0


def test_a_worker_that_waits_for_a_broker_ends_at_once_when_told(tmp_path: Path, kafka: ApacheKafka) -> None:
    worker = Worker(KafkaSettings(bootstrap="127.0.0.1:1"), tmp_path)
    with running(worker):
        until(lambda: "waiting for Kafka at" in worker.get("/ready")[1], worker)
        assert worker.stop() == 0


def test_a_topic_that_is_not_there_is_named_before_anything_is_read(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    worker = Worker(settings.model_copy(update={"topic_historic": "misspelt"}), tmp_path)
    with running(worker):
        assert worker.process.wait(300) == 1
    last = worker.said().splitlines()[-1]
    assert last.startswith("liftstream: misspelt: not on ")


def test_models_are_replaced_under_load_by_good_ones_only_and_everyone_is_answered_by_one_of_them(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    clients, after = Clients(20_000), Clients(500, first=900_000)
    feeder, answers = Feeder(settings), Answers(settings)
    model = tmp_path / "rule.pmml"
    worker = Worker(settings, tmp_path)

    def put(content: str) -> None:
        (tmp_path / "new").write_text(content)
        os.replace(tmp_path / "new", model)

    with running(worker):
        until(worker.is_ready, worker)
        with feeding(feeder, clients, rate=8_000):
            until(lambda: len(answers.glance().values) > 500, worker)
            put("odd")
            until(lambda: worker.metric("model_swaps_total") == 1, worker)
            put("broken")
            until(lambda: worker.metric("model_refused") == 1, worker)
            assert "the old one stays" in worker.get("/ready")[1]
        until(lambda: answers.are_for(clients.uuids), worker)
        feeder.send_apart(after)
        until(lambda: answers.are_for(after.uuids), worker)
        assert worker.stop() == 0
    right = [answers.values[uuid] == {value} for uuid, value in clients.expected.items()]
    assert any(right)
    assert not all(right)
    assert all(answers.values[uuid] == {1 - value} for uuid, value in after.expected.items())
    assert aside(tmp_path) == []


def test_the_faster_topic_is_held_back_and_nothing_of_it_is_passed_over(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    clients = Clients(30_000)
    feeder, answers = Feeder(settings), Answers(settings)
    begin = time.time_ns() // 1_000_000 - 600_000
    for side in (0, 1):
        for index, uuid in enumerate(clients.uuids):
            feeder.send(side, uuid, clients.halves[side][index], begin + index)
        feeder.flush()
    worker = Worker(settings, tmp_path, max_waiting=4000)
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        assert worker.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []
