"""The loop on Kafka: reads, passes records to the collector, sends the decisions; continues after any error.

One thread, so that reading, counting and sending have one order. Nothing here is needed after a crash: the positions
and the decisions that may not have been sent are in the database.
"""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

import structlog
from confluent_kafka import KafkaException
from sqlalchemy.exc import DBAPIError

from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.fetch import Raw
from liftstream.platform.service import LIST, PlatformService
from liftstream.service.database import first_line
from liftstream.service.kafka.confluent.deliveries import Deliveries
from liftstream.service.kafka.confluent.offsets import Place, offsets
from liftstream.service.kafka.confluent.reader import Reader

WAIT_S: Final = 0.01
"""How long to wait for records before deadlines are checked again."""
SNAPSHOT_S: Final = 0.25
DISCOVER_S: Final = 2.0
BEHIND_S: Final = 5.0
"""Age of the oldest unread record up to which the platform is ready."""
AGAIN_S: Final = 1.0
"""Pause after an error."""

log = structlog.get_logger()


@dataclass
class EndsSnapshot:
    """Where the partitions ended at a time, once the broker has answered."""

    at_ms: int
    asked: dict[Place, "Future[Any]"]


class KafkaLoop:
    """Reads into a service, from `start` to `stop`."""

    def __init__(self, service: PlatformService) -> None:
        self._service = service
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka", daemon=True)

    def start(self) -> None:
        """Begins; Kafka need not be there."""
        self._service.board.say("connecting", "no broker has answered yet")
        self._thread.start()

    def stop(self, within_s: float = 8.0) -> None:
        """Ends after the batch at hand."""
        self._stopping.set()
        self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                KafkaSession(self._service, self._stopping).run()
            except KafkaException as error:
                kafka = self._service.settings.kafka.bootstrap
                self._mishap(f"Kafka at {kafka}: {_said(error)}; see that it runs, 'liftstream doctor' helps")
            except DBAPIError as error:
                self._mishap(f"the database refuses: {first_line(error.orig) or type(error.orig).__name__}")
            except LiftstreamError as error:
                self._mishap(str(error))
            except Exception as error:
                # the one place for it: a mistake of ours must not end the reading unseen; /ready says it
                log.exception("the loop failed")
                self._mishap(f"a mistake in liftstream, see the log: {type(error).__name__}")

    def _mishap(self, reason: str) -> None:
        if self._service.board.now.reason != reason:
            log.warning("not reading", reason=reason)
        self._service.board.say("away", reason)
        self._service.changes.publish([LIST])
        self._stopping.wait(AGAIN_S)


class KafkaSession:
    """One connection, until it breaks."""

    def __init__(self, service: PlatformService, stopping: threading.Event) -> None:
        self._service, self._stopping = service, stopping
        self._session_topic = service.settings.kafka.topic_session
        self._read_to_ms: int | None = None
        self._feedback_read_to_ms: int | None = None
        self._snapshot: EndsSnapshot | None = None
        self._caught_up_at = time.monotonic()
        self._next_snapshot = self._next_discovery = 0.0
        self._missing: list[str] = []

    def run(self) -> None:
        """Reads until told to stop.

        Raises:
            KafkaException, DBAPIError, LiftstreamError: what was read and not taken is read again by the next one.
        """
        collector, kafka = self._service.collector, self._service.settings.kafka
        unheard = collector.start(self._service.now_ms())
        topics = {**self._service.topics, **self._service.feedback_topics}
        reader = Reader(kafka, topics, collector.places, collector.born_ms)
        try:
            deliveries = Deliveries(kafka)
            try:
                deliveries.send(collector.batch, unheard)
                while not self._stopping.is_set():
                    self._turn(reader, deliveries)
            finally:
                deliveries.close()
        finally:
            reader.close()

    def _turn(self, reader: Reader, deliveries: Deliveries) -> None:
        self._service.board.turn()
        self._look_around(reader)
        batch = reader.poll(WAIT_S)
        now_ms = self._service.now_ms()
        if batch or self._service.collector.is_waiting(now_ms, self._read_to_ms):
            self._take(batch, now_ms, deliveries)
        delivered = deliveries.delivered()
        if delivered is not None:
            self._service.collector.delivered(delivered)

    def _take(self, batch: list[Raw], now_ms: int, deliveries: Deliveries) -> None:
        taken = self._service.collector.take(batch, now_ms, self._read_to_ms, self._feedback_read_to_ms)
        if taken.decisions:
            deliveries.send(taken.batch, taken.decisions)
        if batch:
            self._service.board.saw_record(now_ms)
        if taken.changed:
            self._service.changes.publish([*taken.changed, LIST])

    def _look_around(self, reader: Reader) -> None:
        """Looks for new partitions, and how far the reading is behind."""
        now = time.monotonic()
        if now >= self._next_discovery:
            self._missing = [
                name for name in reader.find_partitions() if name not in self._service.feedback_topics
            ]
            self._next_discovery = now + DISCOVER_S
        if now >= self._next_snapshot:
            self._compare(reader, now)
            self._next_snapshot = now + SNAPSHOT_S

    def _compare(self, reader: Reader, now: float) -> None:
        if self._snapshot is None:
            self._snapshot = EndsSnapshot(self._service.now_ms(), reader.ask_ends())
        if not all(answer.done() for answer in self._snapshot.asked.values()):
            return
        unread = {
            place: end - reader.next[place]
            for place, end in offsets(self._snapshot.asked).items()
            if end > reader.next[place]
        }
        if not any(topic == self._session_topic for topic, _ in unread):
            self._read_to_ms = self._snapshot.at_ms
        if not any(topic in self._service.feedback_topics for topic, _ in unread):
            self._feedback_read_to_ms = self._snapshot.at_ms
        if not unread:
            self._caught_up_at, self._snapshot = now, None
        self._say(sum(unread.values()), now)

    def _say(self, behind: int, now: float) -> None:
        board = self._service.board
        if self._missing:
            names = ", ".join(self._missing)
            board.say("away", f"no such topic on the broker: {names}; create it", behind)
        elif now - self._caught_up_at > BEHIND_S:
            board.say("catching up", f"{behind:,} records are not read yet", behind)
        elif behind == 0 or board.now.state == "reading":
            board.say("reading", "", behind)


def _said(error: KafkaException) -> str:
    reason = error.args[0] if error.args else error
    return str(reason.str()) if hasattr(reason, "str") else str(reason)
