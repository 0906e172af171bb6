"""The embedded broker, seen by the client that the shop uses."""

import time
from collections.abc import Callable

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings


def read(consumer: KafkaConsumer, count: int) -> list[tuple[int, bytes, bytes, int]]:
    records = []
    deadline = time.monotonic() + 300
    while len(records) < count and time.monotonic() < deadline:
        for batch in consumer.poll(200).values():
            records += [(r.partition, r.key, r.value, r.timestamp) for r in batch]
    return records


def test_records_come_back_from_the_partition_their_key_belongs_to_with_the_time_they_were_given(
    embedded_broker: EmbeddedBroker, topics: Callable[..., KafkaSettings]
) -> None:
    settings = topics(embedded_broker, partitions=3)
    options = kafka_python_options(settings)
    producer = KafkaProducer(**options)
    for i in range(100):
        producer.send(
            settings.topic_session, key=b"%d" % i, value=b"v%d" % i, timestamp_ms=1_700_000_000_000 + i
        )
    producer.flush()
    producer.close()

    consumer = KafkaConsumer(**options)
    partitions = [TopicPartition(settings.topic_session, p) for p in range(3)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    records = read(consumer, 100)
    consumer.close()

    assert sorted(r[1:] for r in records) == sorted(
        (b"%d" % i, b"v%d" % i, 1_700_000_000_000 + i) for i in range(100)
    )
    assert {r[0] for r in records} == {0, 1, 2}


def test_one_worker_of_a_group_reads_at_once_and_its_commit_is_kept(
    embedded_broker: EmbeddedBroker, topics: Callable[..., KafkaSettings]
) -> None:
    settings = topics(embedded_broker, partitions=2)
    options = kafka_python_options(settings)
    producer = KafkaProducer(**options)
    producer.send(settings.topic_session, key=b"1", value=b"first").get(300)
    group = {"group_id": "g", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    consumer = KafkaConsumer(settings.topic_session, **options, **group)
    # kafka-python may join the group before it knows the topic, and is given nothing then
    assert consumer.partitions_for_topic(settings.topic_session) == {0, 1}
    assert [r[2] for r in read(consumer, 1)] == [b"first"]
    consumer.commit()
    committed = [consumer.committed(TopicPartition(settings.topic_session, p)) for p in range(2)]
    assert sorted(offset or 0 for offset in committed) == [0, 1]
    consumer.close()
    producer.close()


def test_a_topic_that_exists_is_not_made_again(embedded_broker: EmbeddedBroker) -> None:
    embedded_broker.create_topic("one", 2)
    with pytest.raises(BrokerError, match="refused topic 'one'"):
        embedded_broker.create_topic("one", 2)


def test_stopping_closes_the_port_and_may_be_repeated() -> None:
    broker = EmbeddedBroker({"one": 1})
    broker.stop()
    broker.stop()
    with EmbeddedBroker() as other:
        assert other.bootstrap.startswith("127.0.0.1:")
