"""A live bandit on a real Kafka: the platform is killed while feedback comes; counts equal what was sent, choices are
on the topic."""

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings
from tests.platform.bandits.block import BANDIT
from tests.platform.platform_process import PlatformProcess, until

UNITS = 600


def send(producer: Producer, kafka: KafkaSettings, choice: dict[str, Any], unit: str) -> None:
    """An impression and an outcome, each twice: the second one must change nothing."""
    impression = {"event": f"i{unit}", "decision": choice["decision"], "unit": unit, "count": 1}
    outcome = {
        "event": f"o{unit}",
        "decision": choice["decision"],
        "unit": unit,
        "name": "contact",
        "value": 1,
    }
    for _ in range(2):
        producer.produce(kafka.topic_impression, msgspec.json.encode(impression), unit)
        producer.produce(kafka.topic_outcome, msgspec.json.encode(outcome), unit)


def choices_on(kafka: KafkaSettings) -> list[dict[str, Any]]:
    """Everything on `topic_choice`."""
    options = {**confluent_options(kafka), "group.id": "reader", "auto.offset.reset": "earliest"}
    consumer = Consumer(options)
    consumer.assign([TopicPartition(kafka.topic_choice, number, 0) for number in range(2)])
    found = []
    while batch := consumer.consume(500, 3.0):
        found += [json.loads(one.value() or b"") for one in batch if one.error() is None]
    consumer.close()
    return found


@pytest.mark.slow
def test_the_platform_is_killed_while_feedback_comes_and_nothing_is_lost_or_doubled(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    kafka, platform = kafka_settings, PlatformProcess(kafka_settings, tmp_path)
    producer = Producer(confluent_options(kafka))
    platform.start()
    try:
        until(lambda: platform.get("/ready").status_code == 200)
        bandit = {**BANDIT, "quantum_s": 1, "attribution_s": 600}
        made = httpx.post(f"{platform.address}/api/bandits", json=bandit, timeout=300).json()["id"]
        httpx.post(f"{platform.address}/api/bandits/{made}/start", timeout=300).raise_for_status()
        groups = {"target": 0, "reference": 0}
        for number in range(UNITS):
            if number in (UNITS // 3, 2 * UNITS // 3):
                producer.flush(300)
                platform.kill()
                platform.start()
            path = f"/api/bandits/{made}/choice?unit={number}"
            choice = until(lambda at=path: (a := platform.get(at)).status_code == 200 and a.json())
            groups[choice["group"]] += 1
            send(producer, kafka, choice, str(number))
        producer.flush(300)

        def counted() -> dict[str, Any] | None:
            shown: dict[str, Any] = platform.get(f"/api/bandits/{made}").json()
            return shown if sum(one["count"] for one in shown["records"]) >= 4 * UNITS else None

        shown = until(counted)
        by_reason = {f"{one['kind']} {one['reason']}": one["count"] for one in shown["records"]}
        assert by_reason == {
            "impression counted": UNITS,
            "impression repeated": UNITS,
            "outcome counted": UNITS,
            "outcome repeated": UNITS,
        }
        assert sum(arm["target"] for arm in shown["arms"]) == groups["target"]
        assert sum(arm["reference"] for arm in shown["arms"]) == groups["reference"]
        assert platform.stop() == 0
    finally:
        platform.process.kill()
    drawn = {one["number"]: one["arm"] for one in shown["recent"]}
    served = {(one["quantum"], one["arm"]) for one in choices_on(kafka) if one["quantum"] in drawn}
    assert served <= drawn.items()  # without those that were over when the platform came back
    assert (max(drawn), drawn[max(drawn)]) in served
