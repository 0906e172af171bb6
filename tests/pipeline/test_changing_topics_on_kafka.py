"""Topics that change while workers run: partitions that are added, topics deleted and made again, offsets that are gone."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from aiokafka.partitioner import murmur2
from confluent_kafka import Producer

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import add_partitions, create_topics, delete_records, delete_topics
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import SOON_S, Answers, Clients, Feeder, Worker, aside, running, until


def noticing(feeder: Feeder) -> Feeder:
    """A feeder that writes to new partitions within a second."""
    feeder.producer = Producer(
        {
            "bootstrap.servers": feeder.bootstrap,
            "partitioner": "murmur2_random",
            "topic.metadata.refresh.interval.ms": 500,
            "linger.ms": 2,
            "log_level": 0,
        }
    )
    return feeder


@contextmanager
def pairs_meanwhile(feeder: Feeder, clients: Clients, per_second: float) -> Iterator[None]:
    """Sends pair after pair while the block runs, and goes on until all are sent."""

    def send() -> None:
        for index, uuid in enumerate(clients.uuids):
            for side in (0, 1):
                feeder.send(side, uuid, clients.halves[side][index])
            feeder.producer.poll(0)
            time.sleep(1 / per_second)
        feeder.flush()

    thread = threading.Thread(target=send)
    thread.start()
    yield
    thread.join()


def test_partitions_added_to_both_topics_are_read_from_their_beginning_within_seconds(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    clients = Clients(3000)
    feeder, answers = noticing(Feeder(settings)), Answers(settings)
    feeder.send_apart(Clients(500, first=1))  # shows that workers may share the partitions
    first, second = (Worker(settings, tmp_path, start="latest") for _ in range(2))
    with running(first, second):
        until(lambda: first.is_ready() and second.is_ready(), first, second)
        with pairs_meanwhile(feeder, clients, per_second=250):
            time.sleep(3)
            add_partitions(settings.bootstrap, dict.fromkeys(feeder.topics, 6))
        until(lambda: answers.are_for(clients.uuids), first, second, within_s=SOON_S)
        assert {worker.stop() for worker in (first, second)} == {0}
    assert {uuid: {value} for uuid, value in clients.expected.items()}.items() <= answers.values.items()
    assert {one["key"] for one in aside(tmp_path)}.isdisjoint(map(str, clients.uuids))


def test_partitions_added_to_one_topic_only_are_joined_by_one_worker(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    clients = Clients(2000)
    feeder, answers = noticing(Feeder(settings)), Answers(settings)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(worker.is_ready, worker)
        with pairs_meanwhile(feeder, clients, per_second=250):
            time.sleep(2)
            add_partitions(settings.bootstrap, {settings.topic_historic: 5})
        until(lambda: answers.are_for(clients.uuids), worker, within_s=SOON_S)
        assert worker.stop() == 0
    assert {uuid: {value} for uuid, value in clients.expected.items()} == answers.values
    assert aside(tmp_path) == []


def test_a_topic_that_is_deleted_and_made_again_is_noticed_and_read_from_its_beginning(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    before = Clients(400, first=1_000)
    feeder, answers = noticing(Feeder(settings)), Answers(settings)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(worker.is_ready, worker)
        feeder.send_apart(before)
        until(lambda: answers.are_for(before.uuids), worker)
        for number, names in enumerate(([settings.topic_historic], list(feeder.topics)), 1):
            after = Clients(900, first=number * 10_000)
            delete_topics(settings.bootstrap, names)
            until(lambda: "not on the broker" in worker.get("/ready")[1], worker, within_s=SOON_S)
            create_topics(settings.bootstrap, dict.fromkeys(names, 2))
            noticing(feeder).send_apart(after)
            until(partial(answers.are_for, after.uuids), worker, within_s=SOON_S)
            until(worker.is_ready, worker)
        assert worker.metric("records_lost_total") == 0
        assert worker.stop() == 0
    assert {one["key"] for one in aside(tmp_path)} == set()


def test_a_topic_that_is_made_again_at_once_and_longer_than_before_is_read_from_its_beginning(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    before, after = Clients(100, first=1_000), Clients(3000, first=10_000)
    feeder, answers = noticing(Feeder(settings)), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        feeder.send_apart(before)
        until(lambda: answers.are_for(before.uuids), worker)
        worker.process.send_signal(signal.SIGSTOP)
        delete_topics(settings.bootstrap, list(feeder.topics))
        time.sleep(2)
        create_topics(settings.bootstrap, dict.fromkeys(feeder.topics, 1))
        worker.process.send_signal(signal.SIGCONT)
        noticing(feeder).send_apart(after)
        until(lambda: answers.are_for(after.uuids), worker, within_s=SOON_S)
        assert worker.stop() == 0


def test_what_the_broker_still_has_is_read_after_an_offset_was_gone_while_running_wherever_it_was_to_start(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    first, gone, kept = (Clients(100, first=n * 10_000) for n in (1, 2, 3))
    feeder, answers = Feeder(settings), Answers(settings)
    worker = Worker(settings, tmp_path, start="latest")
    with running(worker):
        until(worker.is_ready, worker)
        feeder.send_apart(first)
        until(lambda: answers.are_for(first.uuids), worker)
        worker.process.send_signal(signal.SIGSTOP)
        feeder.send_apart(gone)
        feeder.send_apart(kept)
        for topic in feeder.topics:
            delete_records(settings.bootstrap, topic, {0: 200})
        time.sleep(1)
        worker.process.send_signal(signal.SIGCONT)
        until(lambda: answers.are_for(kept.uuids), worker)
        assert worker.metric("records_lost_total") <= 200  # what was fetched before is none of them
        assert worker.stop() == 0


@pytest.mark.parametrize("has_read", [True, False], ids=["another worker read before", "nobody read before"])
def test_a_worker_that_starts_after_partitions_were_added_joins_halves_whose_producers_noticed_at_different_times(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path, has_read: bool
) -> None:
    settings = topics(kafka, partitions=2)
    before, between, after = Clients(400, first=1), Clients(400, first=10_000), Clients(4000, first=20_000)
    answers, hour_ago_ms = Answers(settings), int(1000 * (time.time() - 3600))

    def send(clients: Clients, demographic: int, historic: int, at_ms: int) -> None:
        """Both halves of each client at one time, by producers that know of so many partitions."""
        feeder = Feeder(settings)
        for index, uuid in enumerate(clients.uuids):
            for topic, halves, count in zip(
                feeder.topics, clients.halves, (demographic, historic), strict=True
            ):
                key = str(uuid).encode()
                number = (murmur2(key) & 0x7FFFFFFF) % count
                feeder.producer.produce(topic, halves[index], key, number, timestamp=at_ms + index)
        feeder.flush()

    send(before, 2, 2, hour_ago_ms)
    if has_read:
        first = Worker(settings, tmp_path)
        with running(first):
            until(lambda: answers.are_for(before.uuids), first)
            assert first.stop() == 0
    add_partitions(
        settings.bootstrap, dict.fromkeys((settings.topic_demographic, settings.topic_historic), 5)
    )
    send(between, 2, 5, hour_ago_ms + 10_000)
    send(after, 5, 5, hour_ago_ms + 20_000)
    workers = [Worker(settings, tmp_path) for _ in range(2)]
    with running(*workers):
        everybody = [*before.uuids, *between.uuids, *after.uuids]
        until(lambda: answers.are_for(everybody) or aside(tmp_path), *workers)
        until(
            lambda: any("number of partitions has changed" in one.get("/ready")[1] for one in workers),
            *workers,
        )
        assert {worker.stop() for worker in workers} == {0}
    assert aside(tmp_path) == []


def test_a_partition_that_nobody_writes_to_is_shared_again_at_once_after_all_workers_were_stopped(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=3)
    answers, feeder = Answers(settings), Feeder(settings)

    def send(clients: Clients) -> None:
        """All clients in the first two partitions only."""
        for side in (0, 1):
            for index, uuid in enumerate(clients.uuids):
                value = clients.halves[side][index]
                feeder.producer.produce(feeder.topics[side], value, str(uuid).encode(), index % 2)
        feeder.flush()

    for clients in (Clients(500, first=1), Clients(500, first=10_000)):
        workers = [Worker(settings, tmp_path) for _ in range(2)]
        with running(*workers):
            until(lambda workers=workers: any(one.is_ready() for one in workers), *workers)
            send(clients)
            until(lambda: answers.are_for(clients.uuids), *workers)  # noqa: B023
            until(lambda workers=workers: all(one.is_ready() for one in workers), *workers, within_s=SOON_S)
            assert {worker.stop() for worker in workers} == {0}
    both = dict.fromkeys(feeder.topics, 4)
    add_partitions(settings.bootstrap, both)
    workers = [Worker(settings, tmp_path) for _ in range(2)]
    with running(*workers):
        until(
            lambda: any("number of partitions has changed" in one.get("/ready")[1] for one in workers),
            *workers,
        )
