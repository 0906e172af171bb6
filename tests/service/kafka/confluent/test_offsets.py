"""Where partitions begin and end, by a real broker."""

from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import confluent_options
from liftstream.service.kafka.confluent.offsets import EARLIEST, ask_offsets, ends_of, offsets


def test_each_partition_ends_behind_its_last_record(kafka: ApacheKafka, topics: Any) -> None:
    settings = topics(kafka, 3)
    topic = settings.topic_session
    producer = Producer(confluent_options(settings))
    for partition in (0, 0, 1, 2):
        producer.produce(topic, b"value", partition=partition)
    assert producer.flush(30) == 0
    admin = AdminClient(confluent_options(settings))
    assert ends_of(admin, topic) == {0: 2, 1: 1, 2: 1}
    places = [(topic, number) for number in range(3)]
    assert offsets(ask_offsets(admin, places, EARLIEST)) == dict.fromkeys(places, 0)


def test_a_topic_that_is_not_there_has_no_end(kafka: ApacheKafka, topics: Any) -> None:
    admin = AdminClient(confluent_options(topics(kafka, 1)))
    with pytest.raises(KafkaException):
        ends_of(admin, "no-such-topic")


def test_no_question_is_asked_where_there_is_no_partition() -> None:
    assert ask_offsets(AdminClient({"bootstrap.servers": "127.0.0.1:1"}), []) == {}
