"""A snapshot on a compacted topic, keyed by item: written in one transaction, so that readers never see half of one.

A value names its snapshot and its number of items: a reader with that many records of one snapshot has all of it.
Items of earlier snapshots that this one does not have get a tombstone in the same transaction.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.messages import NOT_JSON
from liftstream.contracts.settings import KafkaSettings
from training.similar_items.snapshot import Snapshot

ANSWER_WITHIN_S: Final = 10.0
WRITTEN_WITHIN_S: Final = 120.0
QUIET_WITHIN_S: Final = 20.0
GATHER_S: Final = 0.2
"""How long consume() waits for a full batch, also at the end of the topic."""


class Neighbour(msgspec.Struct, frozen=True):
    """One place of a list."""

    item: str
    title: str
    score: float


class PublishedList(msgspec.Struct, frozen=True):
    """The value of a record."""

    snapshot: str
    items: int
    item: str
    title: str
    neighbours: list[Neighbour]


def as_records(snapshot: Snapshot) -> Iterator[PublishedList]:
    """One record per item, even if its list is empty."""
    about, lists = snapshot.titles.catalogue, snapshot.lists
    items, titles = about.item.tolist(), about.title.tolist()
    for place, neighbours in enumerate(lists.neighbour.tolist()):
        found = [
            Neighbour(items[neighbour], titles[neighbour], round(score, 6))
            for neighbour, score in zip(neighbours, lists.score[place].tolist(), strict=True)
            if neighbour >= 0
        ]
        yield PublishedList(snapshot.version, len(snapshot), items[place], titles[place], found)


def newest_whole(values: Iterable[PublishedList]) -> list[PublishedList]:
    """The lists of the newest complete snapshot; empty if there is none."""
    by_snapshot: dict[str, dict[str, PublishedList]] = {}
    for value in values:
        by_snapshot.setdefault(value.snapshot, {})[value.item] = value
    whole = [
        name for name, lists in by_snapshot.items() if all(len(lists) == v.items for v in lists.values())
    ]
    return list(by_snapshot[max(whole)].values()) if whole else []


def prepare_topic(kafka: KafkaSettings) -> None:
    """Checks before the work that the topic is compacted; creates it if it is missing.

    Raises:
        BrokerError: the broker does not answer or refuses, or the topic is not compacted.
    """
    from confluent_kafka import KafkaException

    try:
        _make_compacted(kafka, kafka.topic_similar_items)
    except KafkaException as error:
        raise BrokerError(
            f"{kafka.bootstrap}: {kafka.topic_similar_items} cannot be reached: {error.args[0].str()};"
            " 'liftstream doctor' says what to look at"
        ) from None
    except TimeoutError:
        raise BrokerError(
            f"{kafka.bootstrap} does not say whether {kafka.topic_similar_items} is compacted; the embedded broker"
            " never does: 'liftstream broker --kafka' starts one that does"
        ) from None


def publish(snapshot: Snapshot, kafka: KafkaSettings) -> int:
    """Writes the snapshot to the topic of `prepare_topic`; returns how many items were deleted.

    Raises:
        BrokerError: the broker does not answer or refuses.
    """
    from confluent_kafka import KafkaException

    topic = kafka.topic_similar_items
    try:
        gone = {value.item for value in _read(kafka, topic)} - set(snapshot.titles.catalogue.item.tolist())
        _write(kafka, topic, snapshot, gone)
    except KafkaException as error:
        raise BrokerError(
            f"{kafka.bootstrap}: the snapshot was not published to {topic}: {error.args[0].str()}; readers still see"
            " the one before; 'liftstream similar-items publish' tries again"
        ) from None
    return len(gone)


def read_published(kafka: KafkaSettings) -> list[PublishedList]:
    """The newest whole snapshot on the topic.

    Raises:
        BrokerError: the broker does not answer, or no whole snapshot is there.
    """
    from confluent_kafka import KafkaException

    topic = kafka.topic_similar_items
    try:
        found = newest_whole(_read(kafka, topic))
    except KafkaException as error:
        raise BrokerError(f"{kafka.bootstrap}: cannot read {topic}: {error.args[0].str()}") from None
    if not found:
        raise BrokerError(
            f"{kafka.bootstrap}: no whole snapshot on {topic}; 'liftstream train similar-items --publish' writes one"
        )
    return found


def _write(kafka: KafkaSettings, topic: str, snapshot: Snapshot, gone: set[str]) -> None:
    from confluent_kafka import KafkaException, Producer

    producer = Producer(
        {
            **confluent_options(kafka),
            "client.id": "liftstream-train",
            "transactional.id": f"liftstream-{topic}",
            "transaction.timeout.ms": int(WRITTEN_WITHIN_S * 1000),
            "linger.ms": 20,
        }
    )
    producer.init_transactions(ANSWER_WITHIN_S)
    producer.begin_transaction()
    try:
        for record in as_records(snapshot):
            _produce(producer, topic, record.item, msgspec.json.encode(record))
        for item in sorted(gone):
            _produce(producer, topic, item, None)
        producer.commit_transaction(WRITTEN_WITHIN_S)
    except BaseException:  # Ctrl-C too: readers wait behind an open transaction until it times out
        with suppress(KafkaException):
            producer.abort_transaction(ANSWER_WITHIN_S)
        raise


def _produce(producer: Any, topic: str, item: str, value: bytes | None) -> None:
    """Queues a record at the producer, and waits while the queue is full."""
    while True:
        try:
            producer.produce(topic, value, item)
        except BufferError:
            producer.poll(1.0)
        else:
            producer.poll(0)
            return


def _make_compacted(kafka: KafkaSettings, topic: str) -> None:
    """Creates the topic if it is missing.

    Raises:
        BrokerError: it is there and not compacted.
    """
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        AdminClient,
        ConfigResource,
        NewTopic,
        ResourceType,
    )

    admin = AdminClient(confluent_options(kafka))
    if topic not in admin.list_topics(timeout=ANSWER_WITHIN_S).topics:
        new = NewTopic(topic, 1, config={"cleanup.policy": "compact"})
        for made in admin.create_topics([new]).values():
            made.result(ANSWER_WITHIN_S)
        return
    resource = ConfigResource(ResourceType.TOPIC, topic)
    (answer,) = admin.describe_configs([resource]).values()
    policy = answer.result(ANSWER_WITHIN_S)["cleanup.policy"].value
    if "compact" not in policy:
        raise BrokerError(
            f"{kafka.bootstrap}: topic {topic} has cleanup.policy={policy}: old lists would be lost before new ones"
            " come; set it to compact, or name another topic by KAFKA__TOPIC_SIMILAR_ITEMS"
        )


def _read(kafka: KafkaSettings, topic: str) -> list[PublishedList]:
    """The newest value of each key, of committed transactions only."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {
            **confluent_options(kafka),
            "client.id": "liftstream-train",
            "group.id": "not joined",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    try:
        known = consumer.list_topics(topic, ANSWER_WITHIN_S).topics[topic]
        numbers = sorted(known.partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        return list(_newest_values(consumer, len(numbers)).values())
    finally:
        consumer.close()


def _newest_values(consumer: Any, partitions: int) -> dict[bytes, PublishedList]:
    from confluent_kafka import KafkaError, KafkaException

    values: dict[bytes, PublishedList] = {}
    ended: set[int] = set()
    heard = time.monotonic()
    while len(ended) < partitions:
        messages = consumer.consume(1_000, GATHER_S)
        if messages:
            heard = time.monotonic()
        elif time.monotonic() - heard > QUIET_WITHIN_S:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        for message in messages:
            fault = message.error()
            if fault is not None and fault.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(fault)
            if fault is not None:
                ended.add(message.partition())
            elif message.value() is None:
                values.pop(message.key(), None)
            else:
                values[message.key()] = _decode(message)
    return values


def _decode(message: Any) -> PublishedList:
    try:
        return msgspec.json.decode(message.value(), type=PublishedList)
    except NOT_JSON as error:
        raise BrokerError(
            f"{message.topic()}, partition {message.partition()}, offset {message.offset()}: not a list of similar items"
            f" ({error}); name another topic by KAFKA__TOPIC_SIMILAR_ITEMS"
        ) from None
