"""Producers with transactions: what is committed decides, what was rolled back does not, and nobody looks stalled
meanwhile."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import Producer

from liftstream.broker import ApacheKafka
from liftstream.contracts.settings import KafkaSettings
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import SOON_S, Answers, Clients, Worker, aside, committed, running, until


class Transactions:
    """A transactional producer of both topics."""

    def __init__(self, kafka: KafkaSettings, name: str, timeout_ms: int = 60_000) -> None:
        self.topics = kafka.topic_demographic, kafka.topic_historic
        self.producer = Producer(
            {
                "bootstrap.servers": kafka.bootstrap,
                "partitioner": "murmur2_random",
                "transactional.id": f"{kafka.topic_prediction}-{name}",
                "transaction.timeout.ms": timeout_ms,
                "linger.ms": 2,
                "log_level": 0,
            }
        )
        self.producer.init_transactions(30)

    def write(self, clients: Clients, which: Iterable[int]) -> None:
        """Both halves of some clients, in a transaction that stays open."""
        self.producer.begin_transaction()
        for index in which:
            for side, topic in enumerate(self.topics):
                key = str(clients.uuids[index]).encode()
                self.producer.produce(topic, clients.halves[side][index], key)
        assert self.producer.flush(300) == 0

    def commit(self) -> None:
        self.producer.commit_transaction(30)

    def abort(self) -> None:
        self.producer.abort_transaction(30)


def test_only_committed_values_decide_and_the_control_records_at_the_end_are_no_lag(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=2)
    wrong, right = Clients(60, seed=1), Clients(60, seed=2)  # the same clients with other features
    right_of = dict(zip(right.uuids, range(60), strict=True))
    answers, producer = Answers(settings), Transactions(settings, "one")
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        for first in range(0, 60, 10):
            producer.write(wrong, range(first, first + 10))
            producer.abort()
            producer.write(right, [right_of[uuid] for uuid in wrong.uuids[first : first + 10]])
            producer.commit()
        until(lambda: answers.are_for(right.uuids), worker)
        until(lambda: worker.metric("lag_records") == 0, worker)
        until(worker.is_ready, worker)
        # 6 transactions rolled back and 6 committed, each with a control record in every partition that it wrote
        until(lambda: committed(settings, 2) > 4 * 60, worker)
        assert worker.metric("records_lost_total") == 0
        assert worker.stop() == 0
    again = Worker(settings, tmp_path)
    with running(again):
        until(again.is_ready, again)
        assert again.metric("lag_records") == 0
        assert again.stop() == 0
    assert answers.read().values == {uuid: {value} for uuid, value in right.expected.items()}
    assert aside(tmp_path) == []


def test_an_open_transaction_is_waited_for_and_named_and_what_lies_behind_it_is_joined_afterwards(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    first, behind = Clients(20, first=1_000), Clients(20, first=2_000)
    answers = Answers(settings)
    worker = Worker(settings, tmp_path, join_window_s=1)
    with running(worker):
        until(worker.is_ready, worker)
        slow, other = Transactions(settings, "slow"), Transactions(settings, "other")
        slow.write(first, range(20))
        other.write(behind, range(20))
        other.commit()
        until(lambda: "a producer's transaction is open" in worker.get("/ready")[1], worker)
        assert worker.is_ready()
        time.sleep(3)  # longer than the window
        assert answers.read().values == {}
        slow.commit()
        until(lambda: answers.are_for([*first.uuids, *behind.uuids]), worker)
        until(lambda: worker.metric("lag_records") == 0, worker)
        assert worker.stop() == 0
    assert answers.read().values == {
        uuid: {value} for uuid, value in (first.expected | behind.expected).items()
    }
    assert aside(tmp_path) == []


def test_a_producer_that_dies_inside_a_transaction_holds_its_partitions_up_until_the_broker_gives_it_up(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    gone, after = Clients(20, first=1_000), Clients(20, first=2_000)
    answers = Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(worker.is_ready, worker)
        dies, lives = Transactions(settings, "dies", timeout_ms=5_000), Transactions(settings, "lives")
        dies.write(gone, range(20))
        del dies
        lives.write(after, range(20))
        lives.commit()
        until(lambda: answers.are_for(after.uuids), worker, within_s=SOON_S)
        until(lambda: worker.metric("lag_records") == 0 and worker.is_ready(), worker)
        assert worker.stop() == 0
    assert answers.read().values == {uuid: {value} for uuid, value in after.expected.items()}
    assert aside(tmp_path) == []


def test_a_setting_reads_what_is_not_committed_too(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1)
    clients = Clients(20)
    answers, producer = Answers(settings), Transactions(settings, "one")
    producer.write(clients, range(20))
    worker = Worker(settings, tmp_path, isolation_level="read_uncommitted")
    with running(worker):
        until(lambda: answers.are_for(clients.uuids), worker)
        producer.abort()
        until(lambda: worker.metric("lag_records") == 0 and worker.is_ready(), worker)
        assert worker.stop() == 0
    assert json.loads(answers.all[0][1])["uuid"] in clients.uuids
