"""Sends decisions to the shop, and knows up to which batch the broker has acknowledged all."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.messages import Decision, encode, key_of
from liftstream.contracts.settings import KafkaSettings

DELIVER_WITHIN_MS: Final = 10_000
"""After it the broker counts as away, and the decisions are sent again from the database."""


@dataclass
class _Owed:
    batch: int
    left: int
    error: Any = None

    def told(self, error: Any, _: Any) -> None:
        self.left -= 1
        self.error = self.error or error


class Deliveries:
    """A producer and what it still owes."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._topic = kafka.topic_decision
        self._producer = Producer(
            {
                **confluent_options(kafka),
                "client.id": "liftstream-platform",
                "enable.idempotence": True,
                "linger.ms": 2,
                "message.timeout.ms": DELIVER_WITHIN_MS,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self._owed: deque[_Owed] = deque()

    def send(self, batch: int, decisions: Iterable[Decision]) -> None:
        """Begins to send the decisions of a batch."""
        listed = list(decisions)
        owed = _Owed(batch, len(listed))
        self._owed.append(owed)
        for decision in listed:
            self._producer.produce(
                self._topic, encode(decision), key_of(decision.uuid), on_delivery=owed.told
            )

    def delivered(self) -> int | None:
        """The newest batch of which, and of all before it, the broker has every decision; None if none is new.

        Raises:
            KafkaException: one could not be delivered.
        """
        self._producer.poll(0)
        newest = None
        while self._owed and self._owed[0].left == 0:
            owed = self._owed.popleft()
            if owed.error is not None:
                raise KafkaException(owed.error)
            newest = owed.batch
        return newest

    def close(self, within_s: float = 2.0) -> None:
        """Sends what it can in the time."""
        self._producer.flush(within_s)
