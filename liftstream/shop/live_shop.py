"""The shop on Kafka: opens sessions, shows what the platform decides, and writes down what clients spend.

Time is real time: only the traffic is compressed. A page waits on the wall clock, so it would be no test of a pipeline
to let the clock run faster than the pipeline's.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from liftstream.contracts.messages import NOT_JSON, Decision, Revenue, encode
from liftstream.contracts.settings import Settings
from liftstream.service.clock import now_ms
from liftstream.shop.enricher import Enricher, delays_of
from liftstream.shop.wire import Listener, Writer
from liftstream.simulation.shop.customers import Customers, Population
from liftstream.simulation.shop.people import PresentClients
from liftstream.simulation.shop.population import FIRST_UUID, draw_clients
from liftstream.simulation.shop.records import session_names, session_records
from liftstream.simulation.shop.sessions import Sessions, draw_sessions, first_of
from liftstream.simulation.shop.till import Counts, Till

PER_SECOND: Final = 10.0
LINGER_MS: Final = 5
"""New clients a second at speed 1."""
WAVE: Final = 100_000
"""Clients that are drawn at a time."""
UUIDS_OF_A_SEED: Final = 10_000
"""Uuids between the seeds of two seconds: the most clients a second of `liftstream shop`."""
GRACE_S: Final = 0.5
"""How much longer than the platform's patience a page waits: for the word that nobody answered."""
STAY_S: Final = 1.0
"""Time from the page to the payment."""
TICK_S: Final = 0.005
REFUND_AFTER_S: Final = 2.0

Progress = Callable[[Counts], None]


@dataclass(frozen=True)
class Visitors:
    """The clients to come.

    Attributes:
        sessions: how many; None: until it is stopped.
        per_second: new clients a second.
        returning: share of clients who come back.
        refunds: share of the sessions of which the money is given back later.
        most_waiting: so many pages may wait for their decision at a time, whoever comes then queues at the door; None:
            any number. A system that is slow for a moment is then not flooded.
        population: where clients come from: the shop's own, or another world's.
    """

    seed: int = 1
    sessions: int | None = None
    per_second: float = PER_SECOND
    returning: float = 0.0
    refunds: float = 0.0
    first_uuid: int = FIRST_UUID
    most_waiting: int | None = None
    population: Population = draw_clients


def first_uuid_of(seed: int) -> int:
    """The first uuid of a seed. Seeds are 10,000 apart, so shops started a second apart share no client, however fast
    they are."""
    return FIRST_UUID + (seed - 1) * UUIDS_OF_A_SEED


def draw_waves(visitors: Visitors) -> Iterator[tuple[Customers, Sessions]]:
    """The clients and their sessions: the same for the same visitors, whatever is decided about them."""
    rng, first, left = np.random.default_rng(visitors.seed), visitors.first_uuid, visitors.sessions
    while left is None or left > 0:
        people, visits = rng.spawn(2)
        count = WAVE if left is None else min(WAVE, left)
        clients = visitors.population(people, count, first)
        sessions = draw_sessions(visits, count, visitors.per_second, visitors.returning)
        yield clients, sessions if left is None else first_of(sessions, left)
        first += count
        left = None if left is None else left - len(sessions)


class LiveShop:
    """Plays visitors against a broker; `run` blocks until all have paid.

    Args:
        linger_ms: how long sessions and halves wait to be written together, see `wire.Writer`.

    Raises:
        BrokerError: a topic is missing.
        KafkaException: no broker answers.
    """

    def __init__(self, settings: Settings, visitors: Visitors, linger_ms: int = LINGER_MS) -> None:
        self._settings, self._visitors = settings, visitors
        self._wait_s = settings.platform.patience_s + GRACE_S
        self.counts = Counts()
        self.stopping = threading.Event()
        kafka = settings.kafka
        self._decisions = Listener(kafka, kafka.topic_decision)
        self._writer = Writer(kafka, linger_ms)
        self._people = PresentClients()
        self._enrichers = (
            Enricher(kafka, kafka.topic_demographic, self._people.demographic, linger_ms),
            Enricher(kafka, kafka.topic_historic, self._people.historic, linger_ms),
        )
        self._decoder = msgspec.json.Decoder(Decision)
        self._refunds: list[tuple[float, Revenue]] = []

    def run(self, progress: Progress | None = None) -> Counts:
        """Plays all visitors; returns what the shop saw."""
        for enricher in self._enrichers:
            enricher.start()
        try:
            for number, (clients, sessions) in enumerate(draw_waves(self._visitors)):
                if self.stopping.is_set():
                    break
                self._play(number, clients, sessions, progress)
        finally:
            for enricher in self._enrichers:
                enricher.stop()
            self._writer.close()
            self._decisions.close()
        self.counts.unwritten = self._writer.unwritten + sum(e.unwritten for e in self._enrichers)
        return self.counts

    def stop(self) -> None:
        """Opens no more sessions; open ones can pay."""
        self.stopping.set()

    def _play(self, number: int, clients: Customers, sessions: Sessions, progress: Progress | None) -> None:
        names = session_names(clients.uuid[sessions.client], sessions.visit)
        till = Till(clients, sessions, names, self.counts, self._wait_s, STAY_S)
        self._people.come(clients)
        for enricher, published_s in zip(
            self._enrichers, (sessions.demographic_s, sessions.historic_s), strict=True
        ):
            enricher.delays_s.update(delays_of(names, published_s, sessions.opened_s))
        uuids, refunded = clients.uuid[sessions.client], self._draw_refunds(number, names)
        began, opened = time.monotonic(), 0
        while opened < len(sessions) or len(till) or self._refunds:
            now = time.monotonic()
            due = int(np.searchsorted(sessions.opened_s, now - began, side="right"))
            if self._visitors.most_waiting is not None:
                due = min(due, opened + max(0, self._visitors.most_waiting - till.waiting))
            if self.stopping.is_set():
                sessions, due = first_of(sessions, opened), opened
            if due > opened:
                self._open(range(opened, due), uuids, names)
                till.open(range(opened, due), now)
                opened = due
            self._hear(till)
            self._pay(till, refunded)
            if progress is not None:
                progress(self.counts)

    def _open(self, rows: range, uuids: Any, names: list[str]) -> None:
        some, called = uuids[rows.start : rows.stop], names[rows.start : rows.stop]
        records = session_records(some, called, [now_ms()] * len(rows))
        for uuid, value in zip(some.tolist(), records, strict=True):
            self._writer.write(self._settings.kafka.topic_session, uuid, value)

    def _hear(self, till: Till) -> None:
        values = self._decisions.hear(TICK_S)
        now = time.monotonic()
        for value in values:
            try:
                found = self._decoder.decode(value)
            except NOT_JSON:
                continue  # somebody else's
            till.decide(found.session, found.value, found.arm, now)

    def _pay(self, till: Till, refunded: set[str]) -> None:
        now = time.monotonic()
        for receipt in till.pay(now):
            self._book(Revenue(receipt.uuid, receipt.session, receipt.revenue, 0))
            if receipt.session in refunded:
                back = Revenue(receipt.uuid, receipt.session, 0.0, 1)
                self._refunds.append((now + REFUND_AFTER_S, back))
        while self._refunds and self._refunds[0][0] <= now:
            self._book(self._refunds.pop(0)[1])

    def _book(self, money: Revenue) -> None:
        self._writer.write(self._settings.kafka.topic_revenue, money.uuid, encode(money))

    def _draw_refunds(self, number: int, names: list[str]) -> set[str]:
        rng = np.random.default_rng([self._visitors.seed, number])
        given_back = rng.random(len(names)) < self._visitors.refunds
        return {name for name, back in zip(names, given_back.tolist(), strict=True) if back}
