"""Snapshots on a compacted topic: whole or not at all, on a real Kafka."""

import json
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from liftstream.broker import ApacheKafka, EmbeddedBroker
from liftstream.broker.rights import create_topics
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from tests.training.similar_items.small_cinema import SEED, small_cinema
from training.similar_items import publishing
from training.similar_items.preparation import ListOptions
from training.similar_items.publishing import (
    PublishedList,
    as_records,
    newest_whole,
    prepare_topic,
    publish,
    read_published,
)
from training.similar_items.run import take_snapshot, train_lists
from training.similar_items.snapshot import Snapshot


@pytest.fixture(scope="module")
def snapshots() -> tuple[Snapshot, Snapshot]:
    """One of all titles, and a later one in which some are missing."""
    catalogue, watching, _ = small_cinema()
    found = [
        take_snapshot(
            train_lists(
                catalogue,
                watching,
                ListOptions(most_rank=8, min_support=least),
                SEED,
                lambda _: nullcontext(),
            ),
            datetime(2026, 1, day, tzinfo=UTC),
        )
        for day, least in ((1, 5), (2, 40))
    ]
    return found[0], found[1]


@pytest.fixture
def settings(kafka: ApacheKafka) -> KafkaSettings:
    return KafkaSettings(bootstrap=kafka.bootstrap, topic_similar_items=f"similar-{uuid4().hex[:8]}")


def values(snapshot: str, items: int, names: str) -> list[PublishedList]:
    return [PublishedList(snapshot, items, name, name, []) for name in names]


def test_the_newest_snapshot_counts_only_when_every_item_is_there() -> None:
    older, newer = values("1", 3, "abc"), values("2", 3, "abc")
    assert newest_whole([*older, *newer[:2]]) == older
    assert newest_whole([*older, *newer]) == newer
    assert newest_whole(newer[:2]) == []


def test_every_title_has_a_record_and_its_neighbours_in_order(snapshots: tuple[Snapshot, Snapshot]) -> None:
    records = list(as_records(snapshots[0]))
    assert len(records) == len(snapshots[0]) == records[0].items
    for record, row in zip(records, snapshots[0].lists.neighbour, strict=True):
        assert [n.item for n in record.neighbours] == snapshots[0].titles.catalogue.item[
            row[row >= 0]
        ].tolist()


def test_a_later_snapshot_replaces_the_earlier_and_takes_away_what_it_lacks(
    settings: KafkaSettings, snapshots: tuple[Snapshot, Snapshot]
) -> None:
    first, second = snapshots
    prepare_topic(settings)
    prepare_topic(settings)  # a topic that is there is left as it is
    assert publish(first, settings) == 0
    assert {value.snapshot for value in read_published(settings)} == {first.version}
    assert publish(second, settings) == len(first) - len(second) > 0
    found = read_published(settings)
    assert {value.item for value in found} == set(second.titles.catalogue.item.tolist())
    assert {value.snapshot for value in found} == {second.version}
    assert len(publishing._read(settings, settings.topic_similar_items)) == len(second)


def test_a_publication_that_breaks_off_is_never_seen(
    settings: KafkaSettings, snapshots: tuple[Snapshot, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_topic(settings)
    publish(snapshots[0], settings)
    whole = publishing.as_records

    def half(snapshot: Snapshot) -> object:
        for number, record in enumerate(whole(snapshot)):
            if number == 100:
                raise KeyboardInterrupt
            yield record

    monkeypatch.setattr(publishing, "as_records", half)
    with pytest.raises(KeyboardInterrupt):
        publish(snapshots[1], settings)
    monkeypatch.setattr(publishing, "as_records", whole)
    seen = publishing._read(settings, settings.topic_similar_items)
    assert {value.snapshot for value in seen} == {snapshots[0].version}
    publish(snapshots[1], settings)
    assert {value.snapshot for value in read_published(settings)} == {snapshots[1].version}


def test_a_topic_that_forgets_by_time_is_refused(
    kafka: ApacheKafka, settings: KafkaSettings, snapshots: tuple[Snapshot, Snapshot]
) -> None:
    create_topics(kafka.bootstrap, {settings.topic_similar_items: 1})
    with pytest.raises(BrokerError, match="cleanup.policy=delete.*set it to compact"):
        prepare_topic(settings)


def test_a_broker_that_is_away_is_one_line(
    snapshots: tuple[Snapshot, Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "ANSWER_WITHIN_S", 0.5)
    nowhere = KafkaSettings(bootstrap="127.0.0.1:9")
    with pytest.raises(BrokerError, match="127.0.0.1:9: the snapshot was not published") as caught:
        publish(snapshots[0], nowhere)
    assert "\n" not in str(caught.value)
    with pytest.raises(BrokerError, match="127.0.0.1:9: topic_similar_items cannot be reached"):
        prepare_topic(nowhere)


@pytest.mark.parametrize("topic", ["topic_session", "topic_that_is_not_there"])
def test_the_embedded_broker_is_named_as_one_that_compacts_nothing(
    embedded_broker: EmbeddedBroker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "ANSWER_WITHIN_S", 1.0)
    with pytest.raises(BrokerError, match=f"whether {topic} is compacted; the embedded broker never does"):
        prepare_topic(KafkaSettings(bootstrap=embedded_broker.bootstrap, topic_similar_items=topic))


def test_an_older_snapshot_takes_a_newer_one_back(
    settings: KafkaSettings, snapshots: tuple[Snapshot, Snapshot]
) -> None:
    prepare_topic(settings)
    for one in (snapshots[1], snapshots[0]):
        publish(one, settings)
    assert {value.snapshot for value in read_published(settings)} == {snapshots[0].version}


def test_a_record_that_is_no_list_is_named(settings: KafkaSettings) -> None:
    prepare_topic(settings)
    producer = Producer({"bootstrap.servers": settings.bootstrap})
    producer.produce(settings.topic_similar_items, b"hello", "a")
    producer.flush(300)
    with pytest.raises(BrokerError, match="partition 0, offset 0: not a list of similar items"):
        read_published(settings)


def test_the_commands_publish_show_and_publish_again(settings: KafkaSettings, tmp_path: Path) -> None:
    def liftstream(*arguments: object) -> str:
        where = {
            "KAFKA__BOOTSTRAP": settings.bootstrap,
            "KAFKA__TOPIC_SIMILAR_ITEMS": settings.topic_similar_items,
        }
        options = [word for name, value in where.items() for word in ("--set", f"{name}={value}")]
        command = [sys.executable, "-m", "liftstream.cli", *map(str, arguments), *options, "--json"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    small = ("--items", 200, "--users", 500, "--interactions", 8_000, "--most-rank", 6)
    trained = json.loads(liftstream("train", "similar-items", *small, "--publish"))
    shown = json.loads(liftstream("similar-items", "show", "silent harbour", "--topic"))
    assert (shown["snapshot"], shown["title"]) == (trained["snapshot"], "Silent Harbour")
    assert shown["neighbours"][0]["rank"] == 1
    again = json.loads(liftstream("similar-items", "publish"))
    assert again == {
        "snapshot": trained["snapshot"],
        "topic": settings.topic_similar_items,
        "items": trained["items"],
        "taken_away": 0,
    }
