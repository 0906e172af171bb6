"""Where partitions begin and end, by a real broker."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import confluent_options
from liftstream.service.kafka.confluent.offsets import EARLIEST, ask_offsets, ends_of, find_offsets, offsets


def test_each_partition_ends_behind_its_last_record(kafka: ApacheKafka, topics: Any) -> None:
    settings = topics(kafka, 3)
    topic = settings.topic_session
    producer = Producer(confluent_options(settings))
    for partition in (0, 0, 1, 2):
        producer.produce(topic, b"value", partition=partition)
    assert producer.flush(300) == 0
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


class Electing:
    """Stands for an admin client whose broker has no leader at first: a real one has it within milliseconds."""

    def __init__(self, *errors: int) -> None:
        self._errors = list(errors)

    def list_offsets(self, asked: Any, **_: Any) -> dict[Any, "Future[Any]"]:
        answers = {}
        for name in asked:
            answers[name] = Future[Any]()
            if self._errors:
                answers[name].set_exception(KafkaException(KafkaError(self._errors.pop(0))))
            else:
                answers[name].set_result(SimpleNamespace(offset=7))
        return answers


def test_a_partition_without_a_leader_is_asked_again() -> None:
    admin: Any = Electing(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
    assert find_offsets(admin, [("topic", 0)]) == {("topic", 0): 7}


def test_another_error_is_not_asked_away() -> None:
    admin: Any = Electing(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException, match="AUTHORIZATION"):
        find_offsets(admin, [("topic", 0)])
