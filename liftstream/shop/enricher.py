"""An enricher: reads every session, and publishes what it knows of the client a moment later, whatever the arm.

There are two, and neither knows of the other: one has age and sex, one the purchase history.
"""

import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

import msgspec
from numpy.typing import NDArray

from liftstream.contracts.messages import NOT_JSON, Session
from liftstream.contracts.settings import KafkaSettings
from liftstream.shop.wire import Listener, Writer

TICK_S: Final = 0.005
Records = Callable[[list[int]], list[bytes]]
"""The records of clients, by their uuids."""


class Enricher:
    """One of the two enrichers, in a thread of its own.

    Args:
        topic: where it publishes.
        records: what it knows, in the form that is written.
        linger_ms: see `Writer`.

    Attributes:
        delays_s: by session; a session that is not in it is another shop's.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, records: Records, linger_ms: int) -> None:
        self._topic, self._records = topic, records
        self.delays_s: dict[str, float] = {}
        self._listener, self._writer = Listener(kafka, kafka.topic_session), Writer(kafka, linger_ms)
        self._decoder = msgspec.json.Decoder(Session)
        self._due: list[tuple[float, int]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"enricher of {topic}", daemon=True)

    @property
    def unwritten(self) -> int:
        """Records that no broker took."""
        return self._writer.unwritten

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Publishes what is due, and ends."""
        self._stopping.set()
        self._thread.join()
        self._writer.close()
        self._listener.close()

    def _run(self) -> None:
        while not self._stopping.is_set() or self._due:
            self._hear()
            self._publish(time.monotonic())

    def _hear(self) -> None:
        now = time.monotonic()
        for value in self._listener.hear(TICK_S):
            try:
                opened = self._decoder.decode(value)
            except NOT_JSON:
                continue  # somebody else's
            delay_s = self.delays_s.pop(opened.session, None)
            if delay_s is not None:
                heappush(self._due, (now + delay_s, opened.uuid))

    def _publish(self, now: float) -> None:
        uuids = []
        while self._due and self._due[0][0] <= now:
            uuids.append(heappop(self._due)[1])
        if uuids:
            for uuid, value in zip(uuids, self._records(uuids), strict=True):
                self._writer.write(self._topic, uuid, value)


def delays_of(names: list[str], published_s: NDArray[Any], opened_s: NDArray[Any]) -> dict[str, float]:
    """Delay of each session."""
    return dict(zip(names, (published_s - opened_s).tolist(), strict=True))
