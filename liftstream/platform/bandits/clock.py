"""The quantum clock: a thread that draws when a quantum begins and writes the choice to Kafka.

It needs no Kafka to decide: while the broker is down the API answers with choices, and the newest one of each bandit is
written when the broker is back.
"""

import threading
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import KafkaException, Producer
from sqlalchemy.exc import DBAPIError

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.settings import KafkaSettings
from liftstream.platform.bandits.service import LiveBandits

LOOK_S: Final = 0.02
"""Pause between two looks, so the longest delay of a quantum's beginning."""
AGAIN_S: Final = 1.0
GIVE_UP_MS: Final = 30_000
"""When a choice that could not be written is given up, and what is served by then is written."""

log = structlog.get_logger()


class QuantumClock:
    """Draws and publishes, from `start` to `stop`."""

    def __init__(self, bandits: LiveBandits, kafka: KafkaSettings) -> None:
        self._bandits, self._kafka = bandits, kafka
        self._producer: Producer | None = None
        self._given_up = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="quantum clock", daemon=True)

    def start(self) -> None:
        """Begins; Kafka need not be there."""
        self._thread.start()

    def stop(self, within_s: float = 3.0) -> None:
        """Ends after the draw at hand."""
        self._stopping.set()
        self._thread.join(within_s)
        if self._producer is not None:
            self._producer.flush(1.0)

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            try:
                self._bandits.draw_due()
                self._publish(self._bandits.take_drawn())
                wait_s = LOOK_S
            except Exception as error:
                # the one place for it: a mistake of ours must not end the drawing unseen
                ours = not isinstance(error, DBAPIError | LiftstreamError | KafkaException | ValueError)
                log.warning("no quantum was drawn", reason=str(error).partition("\n")[0], exc_info=ours)
                self._bandits.forget()
                wait_s = AGAIN_S

    def _publish(self, records: list[dict[str, Any]]) -> None:
        if records and self._producer is None:
            self._producer, self._given_up = _producer(self._kafka), True  # of whoever wrote before us
        if self._given_up:
            self._given_up, records = False, self._bandits.current_records() + records
        for record in records:
            assert self._producer is not None  # noqa: S101 - made above
            key, value = record["bandit"].encode(), msgspec.json.encode(record)
            self._producer.produce(self._kafka.topic_choice, value, key, on_delivery=self._told)
        if self._producer is not None:
            self._producer.poll(0)

    def _told(self, error: Any, _: Any) -> None:
        self._given_up = self._given_up or error is not None


def _producer(kafka: KafkaSettings) -> Producer:
    options = {
        **confluent_options(kafka),
        "client.id": "liftstream-platform-choices",
        "linger.ms": 0,
        "message.timeout.ms": GIVE_UP_MS,
    }
    return Producer(options)
