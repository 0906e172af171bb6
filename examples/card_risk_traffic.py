"""Payments by card on Kafka, and what the worker answers: `python examples/card_risk_traffic.py [PAYMENTS] [SEED]`.

Uses the Kafka of the settings (LIFTSTREAM_KAFKA__BOOTSTRAP). Run a worker with examples/card_risk.yaml beside it
(docs/card-risk.md).
"""

import sys
import time
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Consumer, Producer

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import load_settings
from liftstream.simulation.payments.money import value_of_asking
from liftstream.simulation.payments.payments import Payments, draw_payments
from liftstream.simulation.payments.wire import (
    TOPIC_CARD,
    TOPIC_PAYMENT,
    TOPIC_RISK,
    card_records,
    encode,
    payment_records,
)

WAIT_S = 60.0


def send(options: dict[str, Any], payments: Payments, now_ms: int) -> None:
    """Both records of every payment, the card's a tenth of a second later; keys are the cards."""
    producer = Producer(options)
    sides = {
        TOPIC_PAYMENT: payment_records(payments, now_ms),
        TOPIC_CARD: card_records(payments.cards, now_ms + 100),
    }
    for topic, records in sides.items():
        for card, record in zip(payments.cards.card, records, strict=True):
            producer.produce(topic, encode(record), card)
            producer.poll(0)
    if producer.flush(WAIT_S):
        sys.exit("the broker did not take all records")


def collect(consumer: Consumer, cards: set[str]) -> dict[str, Any]:
    """The answers for these cards, until all are there or nothing has come for a minute."""
    found: dict[str, Any] = {}
    heard = time.monotonic()
    while len(found) < len(cards) and time.monotonic() < heard + WAIT_S:
        for message in consumer.consume(1_000, 0.2):
            value = None if message.error() else message.value()
            answer = {} if value is None else msgspec.json.decode(value)
            if answer.get("card") in cards:
                found[answer["card"]] = answer
                heard = time.monotonic()
    return found


def main(count: int, seed: int) -> None:
    """Sends, waits for the answers, and says what they are worth."""
    options = confluent_options(load_settings().kafka)
    payments = draw_payments(np.random.default_rng([2, seed]), count)
    consumer = Consumer(
        {**options, "group.id": f"card-risk-{time.time_ns()}", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([TOPIC_RISK])
    send(options, payments, time.time_ns() // 1_000_000)
    answers = collect(consumer, set(payments.cards.card))
    consumer.close()
    asked = np.array([answers.get(card, {}).get("ask") == 1 for card in payments.cards.card])
    print(f"{len(answers):,} of {count:,} payments answered; the owner is asked before {asked.sum():,}")
    print(f"{(asked & payments.fraud).sum():,} of {payments.fraud.sum():,} frauds are among them")
    print(f"worth {value_of_asking(payments.fraud)[asked].sum() / count:.2f} $ per payment")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
