"""The example of the card payments on a real Kafka: two topics, UUIDs, texts, a date, gradient boosting of scikit-learn."""

import io
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import fastavro
import httpx
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from confluent_kafka import Consumer, Producer

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import create_topics
from liftstream.cli.app import liftstream
from liftstream.contracts.settings import KafkaSettings, PlatformSettings, Settings
from liftstream.platform.server import Platform
from liftstream.simulation.payments.payments import Payments, draw_payments
from liftstream.simulation.payments.wire import card_records, encode, payment_records
from tests.platform.platform_process import until
from tests.streams.formats.proto_files import card_file, in_base64, message_class
from tests.streams.formats.registry import StandIn, serving

EXAMPLES = Path(__file__).parents[2] / "examples"
TOKEN = "a-token"  # noqa: S105
WITHIN_S = 300.0
NOW_MS = 1_780_000_000_000
pytestmark = pytest.mark.slow


class Trained:
    """The example's model: fitted, exported and with its card, as docs/card-risk.md says it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["card_risk_files.py", "payments"])
            runpy.run_path(str(EXAMPLES / "card_risk_files.py"))
            self.model = runpy.run_path(str(EXAMPLES / "card_risk_model.py"))["model"]
            stream = str(EXAMPLES / "card_risk.yaml")
            line = ["model", "card", "pmml/card_risk.pmml", "--data", "payments", "--stream", stream]
            done = CliRunner().invoke(liftstream, [*line, "--gain", "40", "--loss", "2", "--json"])
            assert done.exit_code == 0, done.output
        self.threshold: float = json.loads(done.stdout)["threshold"]
        self.pmml = folder / "pmml" / "card_risk.pmml"

    def answers(self, payments: Payments) -> dict[str, dict[str, Any]]:
        """What scikit-learn says of every payment, in the form of the answer."""
        risk = self.model.predict_proba(pd.DataFrame(payments.columns()))[:, 1]
        return {
            card: {
                "card": card,
                "ask": int(score >= self.threshold),
                "risk": pytest.approx(score, rel=1e-9),
                "model": "card_risk",
                "token": TOKEN,
            }
            for card, score in zip(payments.cards.card, risk.tolist(), strict=True)
        }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp("card-risk"))


class Place:
    """Topics of its own for one test, with the definition that names them."""

    def __init__(self, broker: ApacheKafka, folder: Path, **formats: str) -> None:
        self.bootstrap, self.folder = broker.bootstrap, folder
        mark = uuid4().hex[:8]
        self.payment, self.card, self.risk = (f"topic_{name}_{mark}" for name in ("payment", "card", "risk"))
        create_topics(broker.bootstrap, {self.payment: 3, self.card: 3, self.risk: 3})
        text = (EXAMPLES / "card_risk.yaml").read_text()
        for name, own in (("payment", self.payment), ("card", self.card), ("risk", self.risk)):
            text = text.replace(f"topic: topic_{name}\n", f"topic: {own}\n")
        for name, form in formats.items():
            text = text.replace(
                f"topic: {getattr(self, name)}\n", f"topic: {getattr(self, name)}\n    format: {form}\n"
            )
        self.definition = folder / "stream.yaml"
        self.definition.write_text(text)
        self.producer = Producer(
            {"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random", "log_level": 0}
        )

    def send(self, topic: str, key: str | None, value: bytes) -> None:
        self.producer.produce(topic, value, key)

    def flush(self) -> None:
        assert self.producer.flush(300) == 0

    def read(self, count: int, within_s: float = WITHIN_S) -> list[tuple[str, dict[str, Any]]]:
        """Keys and values of answers: `count` of them, and whatever comes in the half second after."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": uuid4().hex,
                "auto.offset.reset": "earliest",
                "log_level": 0,
            }
        )
        consumer.subscribe([self.risk])
        found: list[tuple[str, dict[str, Any]]] = []
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            more = consumer.consume(5_000, 0.5)
            found += [(one.key().decode(), json.loads(one.value())) for one in more if one.error() is None]
            if not more and len(found) >= count:
                break
        consumer.close()
        return found

    def aside(self) -> list[dict[str, Any]]:
        files = sorted((self.folder / "side-output").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@contextmanager
def worker(place: Place, trained: Trained, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`liftstream run` on the definition; ends by SIGTERM with 0."""
    settings = {
        "KAFKA__BOOTSTRAP": place.bootstrap, "PIPELINE__STREAM": place.definition, "PIPELINE__MODEL": trained.pmml,
        "PIPELINE__GROUP": place.risk, "PIPELINE__TOKEN": TOKEN, "PIPELINE__PORT": 0, **more,
    }  # fmt: skip
    environment = os.environ | {f"LIFTSTREAM_{name}": str(value) for name, value in settings.items()}
    log = place.folder / "worker.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", "run"], env=environment, cwd=place.folder, stderr=said
        )
    try:
        yield process
        assert process.poll() is None, log.read_text()[-4_000:]
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def ready(process: "subprocess.Popen[bytes]", folder: Path) -> tuple[int, str]:
    """What `/ready` says, as soon as it says anything."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "worker.log").read_text()[-4_000:]
        lines = [
            json.loads(line)
            for line in (folder / "worker.log").read_text().splitlines()
            if line.startswith("{")
        ]
        port = next((line["port"] for line in lines if line["event"] == "started"), None)
        if port is not None:
            connection = HTTPConnection("127.0.0.1", port, timeout=300)
            connection.request("GET", "/ready")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        time.sleep(0.1)
    raise AssertionError("the worker did not start")


def until_ready_says(process: "subprocess.Popen[bytes]", folder: Path, said: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while said not in (found := ready(process, folder)[1]):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


PAYMENT_SCHEMA = {
    "type": "record", "name": "payment", "namespace": "bank", "fields": [
        {"name": "card", "type": {"type": "record", "name": "card", "fields": [{"name": "id", "type": {"type": "string", "logicalType": "uuid"}}]}},
        {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "amount", "type": "double"},
        {"name": "shop", "type": {"type": "record", "name": "shop", "fields": [
            {"name": "kind", "type": "string"}, {"name": "country", "type": ["null", "string"], "default": None}]}},
        {"name": "channel", "type": {"type": "enum", "name": "channels", "symbols": ["chip", "contactless", "web", "phone"]}},
        {"name": "pin", "type": "boolean"},
        {"name": "basket", "type": {"type": "array", "items": {
            "type": "record", "name": "thing", "fields": [{"name": "price", "type": "double"}]}}},
    ],
}  # fmt: skip
"""Where a shop does not say its country it writes null, and the definition's `missing` stands for it."""


def in_avro(schema_id: int, record: dict[str, Any]) -> bytes:
    stream = io.BytesIO(b"\0" + schema_id.to_bytes(4, "big"))
    stream.seek(5)
    fastavro.schemaless_writer(stream, fastavro.parse_schema(PAYMENT_SCHEMA), record)
    return stream.getvalue()


def in_protobuf(schema_id: int, card: Any, record: dict[str, Any]) -> bytes:
    plain = {
        **record,
        "last_30_days": {k: v for k, v in record["last_30_days"].items() if k != "mean_amount"},
    }
    message = card(**plain)
    if record["last_30_days"]["mean_amount"] is not None:
        message.last_30_days.mean_amount.value = record["last_30_days"]["mean_amount"]
    return b"\0" + schema_id.to_bytes(4, "big") + b"\0" + bytes(message.SerializeToString())


def test_avro_and_protobuf_are_answered_alike_and_wait_while_the_registry_is_away(
    kafka: ApacheKafka, trained: Trained, tmp_path: Path
) -> None:
    place = Place(kafka, tmp_path, payment="avro", card="protobuf")
    payments = draw_payments(np.random.default_rng(23), 2_000)
    registry, file = StandIn(), card_file()
    registry.register(7, json.dumps(PAYMENT_SCHEMA))
    registry.register(8, "the text of card.proto", "PROTOBUF")
    registry.serialized["the text of card.proto"] = in_base64(file)
    card = message_class(file, "bank.Card")
    for record in payment_records(payments, NOW_MS, 5):
        place.send(place.payment, record["card"]["id"], in_avro(7, record))
    for record in card_records(payments.cards, NOW_MS + 300, 5):
        place.send(place.card, record["card"], in_protobuf(8, card, record))
    place.send(place.payment, "x", in_avro(17, payment_records(payments, NOW_MS)[0]))
    place.send(place.payment, "x", b"not framed")
    place.send(place.card, "x", b"\0\0\0\0\x08\0\xff\xff")
    place.flush()
    registry.instead = 503, b"starting"
    with serving(registry), worker(place, trained, KAFKA__SCHEMA_REGISTRY=registry.address) as process:
        until_ready_says(process, tmp_path, f"schema registry: {registry.address}: answers 503")
        assert place.read(1, within_s=1) == []
        assert place.aside() == []
        registry.instead = None
        found = place.read(len(payments))
        until_ready_says(process, tmp_path, "ready")
        assert len(registry.asked) < 200
    assert len(found) == len(payments)
    assert {answer["card"]: answer for _, answer in found} == trained.answers(payments)
    assert sorted(one["detail"] for one in place.aside()) == [
        "not protobuf of schema 8: the bytes are not such a message",
        f"schema 17 is not in the registry at {registry.address}",
        "the first byte is 110, not 0: no record of a schema registry",
    ]


def test_json_by_a_schema_registry_is_answered_alike_and_not_held_against_its_schema(
    kafka: ApacheKafka, trained: Trained, tmp_path: Path
) -> None:
    place = Place(kafka, tmp_path, payment="json-schema", card="json-schema")
    payments, registry = draw_payments(np.random.default_rng(25), 1_000), StandIn()
    registry.register(9, '{"type": "object", "properties": {"amount": {"type": "string"}}}', "JSON")
    registry.register(10, json.dumps(PAYMENT_SCHEMA))
    head = b"\0\0\0\0\x09"
    for record in payment_records(payments, NOW_MS, 5):
        place.send(place.payment, record["card"]["id"], head + encode(record))
    for card in card_records(payments.cards, NOW_MS + 300, 5):
        place.send(place.card, card["card"], head + encode(card))
    place.send(place.payment, "x", head + b'{"card":')
    place.send(place.payment, "x", b"\0\0\0\0\x0a{}")
    place.flush()
    with serving(registry), worker(place, trained, KAFKA__SCHEMA_REGISTRY=registry.address):
        found = place.read(len(payments))
    assert {answer["card"]: answer for _, answer in found} == trained.answers(payments)
    assert sorted(one["detail"] for one in place.aside()) == [
        "not JSON: Expecting value: line 1 column 9 (char 8)",
        "schema 10 is of type AVRO; the side's format is json-schema",
    ]


def test_every_payment_is_answered_as_scikit_learn_scores_it_offline(
    kafka: ApacheKafka, trained: Trained, tmp_path: Path
) -> None:
    place = Place(kafka, tmp_path)
    payments = draw_payments(np.random.default_rng(21), 3_000)
    rng = np.random.default_rng(2)
    paid, known = payment_records(payments, NOW_MS, 5), card_records(payments.cards, NOW_MS + 300, 5)
    for row in np.argsort(np.arange(len(paid)) + 200 * rng.random(len(paid))).tolist():
        place.send(place.payment, payments.cards.card[row], encode(paid[row]))
    for row in np.argsort(np.arange(len(known)) + 200 * rng.random(len(known))).tolist():
        card = {**known[row], "card": known[row]["card"].upper()} if row % 7 == 0 else known[row]
        place.send(place.card, payments.cards.card[row], encode(card))
    wrong = [
        ({"channel": "pigeon"}, "channel is 'pigeon'; accepted are chip, contactless, web, phone"),
        ({"amount": "12.50"}, "amount is not a number: '12.50'"),
        ({"card": {"id": "404180"}}, "card.id"),
        ({"paid_at": None}, "paid_at"),
        ({"shop": {"kind": "fuel", "country": 5}}, "shop.country is not text: 5"),
    ]
    for change, _ in wrong:
        place.send(place.payment, "x", encode({**paid[0], **change}))
    place.flush()
    with worker(place, trained):
        found = place.read(len(payments))
    assert len(found) == len(payments)
    expected = trained.answers(payments)
    assert all(key == answer["card"] for key, answer in found)
    assert {answer["card"]: answer for _, answer in found} == expected
    assert 0.05 < np.mean([answer["ask"] for _, answer in found]) < 0.6
    aside = [(one["reason"], one["detail"]) for one in place.aside()]
    assert {reason for reason, _ in aside} == {"invalid"}
    assert len(aside) == len(wrong)
    for _, said in wrong:
        assert sum(said in detail for _, detail in aside) == 1, (said, aside)


def test_stream_check_shows_what_the_worker_will_answer(
    kafka: ApacheKafka, trained: Trained, tmp_path: Path
) -> None:
    place = Place(kafka, tmp_path)
    payments = draw_payments(np.random.default_rng(22), 50)
    for record in payment_records(payments, NOW_MS):
        place.send(place.payment, record["card"]["id"], encode(record))
    for record in card_records(payments.cards, NOW_MS + 50):
        place.send(place.card, record["card"], encode(record))
    place.flush()
    line = ["stream", "check", str(place.definition), "--model", str(trained.pmml), "--rows", "50", "--json"]
    done = CliRunner(env={"LIFTSTREAM_KAFKA__BOOTSTRAP": kafka.bootstrap}).invoke(liftstream, line)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    expected = trained.answers(payments)
    assert {row["id"]: row["score"] for row in rows} == {card: one["risk"] for card, one in expected.items()}
    assert all(row["wrong"] == [] for row in rows)


def test_the_platform_proves_a_stream_whose_ids_are_uuids(
    kafka: ApacheKafka, topics: Callable[..., KafkaSettings], trained: Trained, tmp_path: Path
) -> None:
    """Sessions of cards go to the platform, answers come from the worker, decisions and outcomes carry the same UUIDs."""
    place, settings = Place(kafka, tmp_path), topics(kafka, 3)
    text = place.definition.read_text()
    answer = f"answer:\n  topic: {settings.topic_prediction}\n  key: id\n  fields: {{uuid: id, value: decision, token: token}}\n"
    place.definition.write_text(text[: text.index("answer:")] + answer)
    payments = draw_payments(np.random.default_rng(24), 400)
    cards = payments.cards.card.tolist()
    asks = {card: one["ask"] for card, one in trained.answers(payments).items()}
    own = PlatformSettings(
        database=f"sqlite:///{tmp_path / 'platform.db'}", port=0, patience_s=60, id_type="uuid"
    )
    plan = {
        "name": "Ask before risky payments", "metric": {"kind": "proportion", "outcome": "fraud"}, "base_rate": 0.3,
        "effect": 0.2, "alpha": 0.05, "power": 0.8, "n_per_arm": 300, "alternative": "two-sided",
    }  # fmt: skip
    with (
        Platform(Settings(kafka=settings, platform=own), lambda _: []) as running,
        httpx.Client(base_url=running.address, timeout=300) as api,
    ):
        until(lambda: api.get("/ready").status_code == 200)
        made = api.post("/api/experiments", json=plan).raise_for_status().json()
        at = f"/api/experiments/{made['id']}"
        api.post(f"{at}/start").raise_for_status()
        with worker(place, trained, PIPELINE__TOKEN=made["token"]):
            for card in cards:
                session = {"uuid": card.upper(), "session": f"s {card}", "opened_ms": NOW_MS}
                place.send(settings.topic_session, card, encode(session))
            for record in payment_records(payments, NOW_MS, 5):
                place.send(place.payment, record["card"]["id"], encode(record))
            for record in card_records(payments.cards, NOW_MS + 300, 5):
                place.send(place.card, record["card"], encode(record))
            place.flush()
            place.risk = settings.topic_decision
            decisions = place.read(len(cards))
        told = {one["uuid"]: one for _, one in decisions}
        assert set(told) == set(cards)
        assert all(key == one["uuid"] for key, one in decisions)
        candidates = {card for card, one in told.items() if one["arm"] == "candidate"}
        assert 100 < len(candidates) < 300
        assert {card: told[card]["value"] for card in cards} == {
            card: asks[card] if card in candidates else 0 for card in cards
        }
        assert all(one["answered"] for one in told.values())
        happened = [
            card
            for card, fraud in zip(cards, payments.fraud, strict=True)
            if fraud and not told[card]["value"]
        ]
        for card in happened:
            outcome = {"event": card, "decision": "", "unit": card, "name": "fraud", "value": 1}
            place.send(settings.topic_outcome, card, encode(outcome))
        place.flush()
        counted = until(
            lambda: (
                sum(arm["n"] * (arm["mean"] or 0) for arm in api.get(at).json()["arms"])
                >= len(happened) - 0.5
            )
        )
        assert counted
        lines = api.get(f"{at}/clients.csv").text.splitlines()[1:]
        assert {line.split(",")[0] for line in lines} == set(cards)
        assert sum(float(line.split(",")[2]) for line in lines) == len(happened)
