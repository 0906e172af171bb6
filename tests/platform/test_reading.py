"""Where reading begins and goes on, and what a batch of decisions still owes."""

import time
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import create_topics
from liftstream.contracts.connection import confluent_options
from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import Decision
from liftstream.contracts.settings import KafkaSettings
from liftstream.service import clock
from liftstream.service.kafka.confluent.deliveries import Deliveries
from liftstream.service.kafka.confluent.offsets import offsets
from liftstream.service.kafka.confluent.reader import Reader


def write(kafka: KafkaSettings, topic: str, *values: bytes) -> None:
    producer = Producer(confluent_options(kafka))
    for value in values:
        producer.produce(topic, value, b"1")
    assert producer.flush(300) == 0


def read(reader: Reader, count: int) -> list[Raw]:
    found: list[Raw] = []
    deadline = time.monotonic() + 300
    while len(found) < count and time.monotonic() < deadline:
        found += reader.poll(0.05)
    return found


def test_a_new_database_begins_with_what_was_written_since_it_was_made(
    kafka: ApacheKafka, topics: Any
) -> None:
    settings: KafkaSettings = topics(kafka, 2)
    topic = settings.topic_session
    write(settings, topic, b"before")
    born_ms = clock.now_ms() + 1
    while clock.now_ms() <= born_ms:
        time.sleep(0.001)
    write(settings, topic, b"after")
    reader = Reader(settings, [topic], {}, born_ms)
    assert [raw.value for raw in read(reader, 1)] == [b"after"]
    reader.close()


def test_reading_goes_on_at_the_place_of_the_database_and_says_how_far_it_is(
    kafka: ApacheKafka, topics: Any
) -> None:
    settings: KafkaSettings = topics(kafka, 1)
    topic = settings.topic_session
    write(settings, topic, *(b"%d" % i for i in range(5)))
    reader = Reader(settings, [topic], {(topic, 0): 3}, 0)
    assert [(raw.offset, raw.value) for raw in read(reader, 2)] == [(3, b"3"), (4, b"4")]
    assert reader.next == offsets(reader.ask_ends()) == {(topic, 0): 5}
    reader.close()


def test_a_topic_that_is_made_later_is_named_until_then_and_read_from_its_first_record(
    kafka: ApacheKafka, topics: Any
) -> None:
    settings: KafkaSettings = topics(kafka, 1)
    late = f"{settings.topic_session}-late"
    reader = Reader(settings, [settings.topic_session, late], {}, clock.now_ms())
    assert reader.find_partitions() == [late]
    create_topics(kafka.bootstrap, {late: 2})
    write(settings, late, b"first")
    deadline = time.monotonic() + 300
    while reader.find_partitions():
        assert time.monotonic() < deadline
    assert [raw.value for raw in read(reader, 1)] == [b"first"]
    reader.close()


def test_a_broker_that_is_away_is_an_error_within_seconds() -> None:
    with pytest.raises(KafkaException):
        Reader(KafkaSettings(bootstrap="127.0.0.1:1"), ["topic_session"], {}, 0)


def test_a_batch_is_delivered_when_the_broker_has_all_of_it_and_of_those_before(
    kafka: ApacheKafka, topics: Any
) -> None:
    settings: KafkaSettings = topics(kafka, 2)
    deliveries = Deliveries(settings)
    for batch in (7, 8):
        deliveries.send(batch, [Decision(u, f"{u}-1", "e", "candidate", 1, True) for u in range(10)])
    newest, deadline = None, time.monotonic() + 300
    while newest != 8 and time.monotonic() < deadline:
        newest = deliveries.delivered() or newest
    assert newest == 8
    assert deliveries.delivered() is None
    deliveries.close()


def test_decisions_that_no_broker_takes_are_an_error_and_not_delivered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("liftstream.service.kafka.confluent.deliveries.DELIVER_WITHIN_MS", 500)
    deliveries = Deliveries(KafkaSettings(bootstrap="127.0.0.1:1"))
    deliveries.send(1, [Decision(1, "1-1", "e", "candidate", 1, True)])
    deadline = time.monotonic() + 300
    with pytest.raises(KafkaException):
        while time.monotonic() < deadline:
            deliveries.delivered()
            time.sleep(0.05)
    deliveries.close(0)
