"""Three brokers, each topic on two of them: whichever one is away, workers go on and start, and nothing is lost by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from liftstream.broker import ApacheKafka, KafkaCluster
from liftstream.broker.diagnosis import diagnose
from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
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

Leaders = dict[tuple[str, int], int]

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def cluster(kafka_installation: None) -> Iterator[KafkaCluster]:
    with KafkaCluster() as started:
        yield started


def topics_of(settings: KafkaSettings) -> tuple[str, str, str]:
    return settings.topic_demographic, settings.topic_historic, settings.topic_prediction


def leaders(settings: KafkaSettings, bootstrap: str) -> Leaders:
    """Which broker leads each partition of a worker's topics, as the brokers at `bootstrap` know it."""
    try:
        seen = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=5).topics
    except KafkaException:
        return {}
    return {
        (topic, number): partition.leader
        for topic in topics_of(settings)
        for number, partition in (seen[topic].partitions.items() if topic in seen else ())
    }


def leads_everywhere(settings: KafkaSettings, number: int) -> bool:
    """Whether a broker leads partitions of every topic."""
    found = leaders(settings, settings.bootstrap)
    led = {topic for (topic, _), leader in found.items() if leader == number}
    return len(led) == len(topics_of(settings))


def leads_nowhere(settings: KafkaSettings, number: int) -> bool:
    """Whether others lead all that it led."""
    found = leaders(settings, settings.bootstrap)
    return bool(found) and number not in found.values()


def coordinator(settings: KafkaSettings) -> int | None:
    """The broker that leads the workers' group; the first who asks has its topic made."""
    admin = AdminClient(confluent_options(settings))
    asked = admin.describe_consumer_groups([settings.topic_prediction], request_timeout=10)
    try:
        found: int = asked[settings.topic_prediction].result().coordinator.id
    except KafkaException:
        return None
    return found


def made(cluster: KafkaCluster, topics: MakeTopics) -> tuple[KafkaSettings, ApacheKafka, int]:
    """Topics that every broker knows; and the broker that leads the workers' group, whose address comes first."""
    settings = topics(cluster)
    for broker in cluster.brokers:
        until(lambda at=broker.bootstrap: len(leaders(settings, at)) == 12)
    number = until(lambda: coordinator(settings))
    first = cluster.brokers[number - 1]
    others = (broker.bootstrap for broker in cluster.brokers if broker is not first)
    return settings.model_copy(update={"bootstrap": ",".join([first.bootstrap, *others])}), first, number


def feeder_of_single_records(settings: KafkaSettings) -> Feeder:
    """Has each half in the log once, however often it must be sent: a second one would rightly be put aside."""
    feeder = Feeder(settings)
    options = {"enable.idempotence": True, "partitioner": "murmur2_random", "linger.ms": 2}
    feeder.producer = Producer(confluent_options(settings) | options)
    return feeder


def test_workers_go_on_and_start_while_the_broker_named_first_is_dead_and_when_it_leads_again(
    cluster: KafkaCluster, topics: MakeTopics, tmp_path: Path
) -> None:
    settings, first, number = made(cluster, topics)
    falling, down, back = Clients(10_000), Clients(3_000, first=200_000), Clients(20_000, first=300_000)
    feeder, answers = feeder_of_single_records(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: worker.is_ready() and leads_everywhere(settings, number), worker)
        with feeding(feeder, falling, rate=4_000):
            until(lambda: len(answers.glance().values) > 500, worker)
            first.kill()
            until(lambda: leads_nowhere(settings, number), worker)
        until(lambda: answers.are_for(falling.uuids), worker)
        assert worker.stop() == 0
    other = Worker(settings, tmp_path)
    with running(other):
        until(other.is_ready, other)
        with feeding(feeder, down, rate=4_000):
            found, _ = diagnose(
                Settings(kafka=settings, pipeline=PipelineSettings(group=settings.topic_prediction))
            )
            assert [finding.status for finding in found] == ["ok", "ok", "ok"]
        until(lambda: answers.are_for(down.uuids), other)
        with feeding(feeder, back, rate=4_000):
            first.start()
            until(lambda: leads_everywhere(settings, number), other)
        until(lambda: answers.are_for(back.uuids), other)
        until(lambda: committed(settings) == 66_000, other)
        until(other.is_ready, other)
        assert other.stop() == 0
    expected = falling.expected | down.expected | back.expected
    assert {uuid: {value} for uuid, value in expected.items()} == answers.values
    assert aside(tmp_path) == []


def test_a_broker_that_stands_still_keeps_nobody_from_what_the_others_have(
    cluster: KafkaCluster, topics: MakeTopics, tmp_path: Path
) -> None:
    settings, first, number = made(cluster, topics)
    before, meanwhile, after = Clients(2_000), Clients(3_000, first=200_000), Clients(2_000, first=300_000)
    feeder, answers = feeder_of_single_records(settings), Answers(settings)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: worker.is_ready() and leads_everywhere(settings, number), worker)
        feeder.send_apart(before)
        until(lambda: answers.are_for(before.uuids), worker)
        first.pause()
        try:
            around = settings.model_copy(update={"bootstrap": settings.bootstrap.partition(",")[2]})
            until(lambda: leads_nowhere(around, number), worker)
            with feeding(feeder_of_single_records(around), meanwhile, rate=1_000):
                answered = Answers(around)
                until(lambda: answered.are_for(meanwhile.uuids), worker, within_s=150)
            until(lambda: committed(around) == 10_000, worker, within_s=150)
        finally:
            first.resume()
        feeder.send_apart(after)
        until(lambda: answers.are_for(after.uuids), worker)
        until(lambda: committed(settings) == 14_000, worker)
        assert worker.stop() == 0
    expected = before.expected | meanwhile.expected | after.expected
    assert {uuid: {value} for uuid, value in expected.items()} == answers.values
    assert aside(tmp_path) == []
