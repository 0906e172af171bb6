"""The loop on a real Kafka: processes of their own, which are killed on the way; nothing is lost or counted twice."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from liftstream.broker import ApacheKafka, EmbeddedBroker
from liftstream.broker.rights import create_topics
from liftstream.contracts.connection import confluent_options
from liftstream.contracts.messages import Prediction, encode, key_of
from liftstream.contracts.settings import KafkaSettings, PlatformSettings, Settings
from liftstream.platform.server import Platform
from liftstream.shop.live_shop import LiveShop, Visitors
from tests.platform.platform_process import PlatformProcess, until

EXPERIMENT = {"name": "on Kafka", "effect": 4.0, "sd": 15, "alpha": 0.05, "power": 0.8, "n_per_arm": 200}
CLIENTS = 400


def show_men(columns: Any) -> list[int]:
    return [int(man) for man in columns["man"]]


class Candidate:
    """Answers every client on `topic_demographic`: a pipeline without a model, in a thread."""

    def __init__(self, kafka: KafkaSettings, token: str) -> None:
        self._kafka, self._token = kafka, token
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Candidate":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(300)

    def _run(self) -> None:
        options = {**confluent_options(self._kafka), "fetch.wait.max.ms": 20}
        consumer = Consumer({**options, "group.id": "candidate", "auto.offset.reset": "earliest"})
        topic = self._kafka.topic_demographic
        partitions = consumer.list_topics(topic, timeout=300).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        producer = Producer({**confluent_options(self._kafka), "linger.ms": 2})
        while not self._stopping.is_set():
            for message in consumer.consume(500, 0.02):
                if message.error() is None:
                    uuid = json.loads(message.value() or b"")["uuid"]
                    producer.produce(
                        self._kafka.topic_prediction,
                        encode(Prediction(uuid, uuid % 2, self._token)),
                        key_of(uuid),
                    )
            producer.poll(0)
        producer.flush(300)
        consumer.close()


def judge(found: dict[str, Any], clients: int = CLIENTS) -> None:
    """Every client counted once, every session decided once, all money booked."""
    arms = found["arms"]
    assert sum(arm["clients"] for arm in arms) == clients
    assert sum(arm["sessions"] for arm in arms) == clients
    assert sum(arm["answered"] + arm["unanswered"] for arm in arms) == clients
    assert found["n_total"] == clients


def run_loop(kafka: KafkaSettings, folder: Path, seed: int) -> dict[str, Any]:
    settings = Settings(
        kafka=kafka,
        platform=PlatformSettings(database=f"sqlite:///{folder / 'platform.db'}", port=0, patience_s=20),
    )
    with Platform(settings, show_men) as running, httpx.Client(base_url=running.address, timeout=300) as api:
        until(lambda: api.get("/ready").status_code == 200)
        made = api.post("/api/experiments", json=EXPERIMENT).json()
        api.post(f"/api/experiments/{made['id']}/start").raise_for_status()
        with Candidate(kafka, made["token"]):
            counts = LiveShop(settings, Visitors(seed=seed, sessions=CLIENTS, per_second=200)).run()
            found = until(
                lambda: (e := api.get(f"/api/experiments/{made['id']}").json())["state"] == "finished" and e
            )
    assert counts.unwritten == 0
    assert counts.paid == CLIENTS
    assert counts.undecided == 0
    assert sum(arm["shown"] for arm in found["arms"]) == counts.shown
    assert sum(arm["revenue"] for arm in found["arms"]) == pytest.approx(counts.revenue, abs=0.01)
    return dict(found)


def test_the_shop_is_told_what_was_decided_and_its_money_comes_back(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    found = run_loop(kafka_settings, tmp_path, seed=4)
    judge(found)
    assert found["verdict"] in {"improves", "no improvement", "harms"}
    reasons = {r["reason"]: r["count"] for r in found["answers"]["reasons"] if r["kind"] == "prediction"}
    assert reasons["accepted"] == found["arms"][1]["clients"]
    assert reasons["not_in_arm"] == found["arms"][0]["clients"]


def test_the_embedded_broker_is_enough_for_the_loop(
    embedded_broker: EmbeddedBroker, topics: Any, tmp_path: Path
) -> None:
    judge(run_loop(topics(embedded_broker, 2), tmp_path, seed=5))


@pytest.fixture
def own_kafka(kafka_installation: None) -> Iterator[ApacheKafka]:
    """A broker that may be killed."""
    with ApacheKafka() as broker:
        yield broker


@pytest.mark.slow
def test_platform_and_broker_are_killed_on_the_way_and_no_client_is_lost_or_doubled(
    own_kafka: ApacheKafka, tmp_path: Path
) -> None:
    kafka = KafkaSettings(bootstrap=own_kafka.bootstrap)
    create_topics(own_kafka.bootstrap, {name: 2 for field, name in kafka if field.startswith("topic_")})
    platform = PlatformProcess(kafka, tmp_path)
    platform.start()
    try:
        until(lambda: platform.get("/ready").status_code == 200)
        made = httpx.post(f"{platform.address}/api/experiments", json=EXPERIMENT, timeout=300).json()
        at = f"/api/experiments/{made['id']}"
        httpx.post(f"{platform.address}{at}/start", timeout=300).raise_for_status()
        settings = Settings(kafka=kafka, platform=PlatformSettings(patience_s=5))
        shop = LiveShop(settings, Visitors(seed=6, sessions=CLIENTS, per_second=40))
        playing = threading.Thread(target=shop.run, daemon=True)
        with Candidate(kafka, made["token"]):
            playing.start()
            until(lambda: shop.counts.decided > 40)
            platform.kill()
            until(lambda: shop.counts.opened > 120)
            platform.start()
            until(lambda: platform.get(at).json()["n_total"] > 60)
            own_kafka.kill()
            assert platform.get("/live").status_code == 200
            until(lambda: platform.get("/ready").status_code == 503)
            own_kafka.start()
            playing.join(300)
            assert not playing.is_alive()
            found = until(lambda: (e := platform.get(at).json())["state"] == "finished" and e, 120)
        assert platform.stop() == 0
    finally:
        platform.kill()
    judge(found)
    assert shop.counts.unwritten == 0
    assert sum(arm["revenue"] for arm in found["arms"]) == pytest.approx(shop.counts.revenue, abs=0.01)
    reasons = {r["reason"]: r["count"] for r in found["answers"]["reasons"] if r["kind"] == "revenue"}
    assert reasons["accepted"] == CLIENTS


def test_the_platform_starts_while_no_broker_answers_and_reads_once_one_does(
    kafka_installation: None, tmp_path: Path
) -> None:
    with ApacheKafka() as broker:
        kafka = KafkaSettings(bootstrap=broker.bootstrap)
        broker.kill()
        settings = Settings(
            kafka=kafka, platform=PlatformSettings(database=f"sqlite:///{tmp_path / 'p.db'}", port=0)
        )
        with (
            Platform(settings, show_men) as running,
            httpx.Client(base_url=running.address, timeout=300) as api,
        ):
            assert api.get("/live").status_code == 200
            ready = api.get("/ready")
            assert ready.status_code == 503
            assert ready.json()["reason"]
            made = api.post("/api/experiments", json=EXPERIMENT).json()
            assert api.post(f"/api/experiments/{made['id']}/start").json()["state"] == "running"
            broker.start()
            until(lambda: "create it" in api.get("/ready").json()["reason"])
            create_topics(broker.bootstrap, {name: 1 for field, name in kafka if field.startswith("topic_")})
            until(lambda: api.get("/ready").status_code == 200)
