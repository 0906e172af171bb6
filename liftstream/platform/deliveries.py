"""Sends decisions to the shop, and knows up to which batch the broker has them all."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from kafka import KafkaProducer

from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.messages import Decision, encode, key_of
from liftstream.contracts.settings import KafkaSettings

DELIVER_WITHIN_MS: Final = 10_000
"""After it the broker counts as away, and the decisions are sent again from the database."""


class Deliveries:
    """A producer and what it still owes."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._topic = kafka.topic_decision
        options = {
            "bootstrap_timeout_ms": DELIVER_WITHIN_MS,
            **kafka_python_options(kafka),
            "acks": "all",
            "linger_ms": 2,
            "delivery_timeout_ms": DELIVER_WITHIN_MS,
            "request_timeout_ms": DELIVER_WITHIN_MS // 2,
            "max_block_ms": DELIVER_WITHIN_MS // 2,
            "reconnect_backoff_max_ms": 1_000,
            "client_id": "liftstream-platform",
        }
        self._producer = KafkaProducer(**options)
        self._owed: deque[tuple[int, list[Any]]] = deque()

    def send(self, batch: int, decisions: Iterable[Decision]) -> None:
        """Begins to send the decisions of a batch.

        Raises:
            KafkaError: no broker answers.
        """
        sent = [
            self._producer.send(self._topic, value=encode(decision), key=key_of(decision.uuid))
            for decision in decisions
        ]
        self._owed.append((batch, sent))

    def delivered(self) -> int | None:
        """The newest batch of which, and of all before it, the broker has every decision; None if none is new.

        Raises:
            KafkaError: one could not be delivered.
        """
        newest = None
        while self._owed and all(future.is_done for future in self._owed[0][1]):
            newest, sent = self._owed.popleft()
            for future in sent:
                future.get(timeout=0)
        return newest

    def close(self, timeout_s: float = 2.0) -> None:
        """Sends what it can in the time, and ends the connection."""
        self._producer.close(timeout=timeout_s)
