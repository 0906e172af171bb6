"""The quantum clock: it goes on whatever a draw raises, and writes what is served once Kafka takes it."""

import threading
from typing import Any, Final

import pytest

from liftstream.contracts.settings import KafkaSettings
from liftstream.platform.bandits import clock


class Bandits:
    """Bandits whose first draw meets a mistake of ours."""

    def __init__(self) -> None:
        self.forgot, self.drew, self._first = False, threading.Event(), True

    def draw_due(self) -> None:
        if self._first:
            self._first = False
            raise TypeError("unsupported operand")
        self.drew.set()

    def forget(self) -> None:
        self.forgot = True

    def take_drawn(self) -> list[dict[str, Any]]:
        return []


def test_a_mistake_in_one_draw_does_not_end_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "AGAIN_S", 0.0)
    bandits = Bandits()
    ticking = clock.QuantumClock(bandits, KafkaSettings())  # type: ignore[arg-type]
    ticking.start()
    assert bandits.drew.wait(300)
    assert bandits.forgot
    ticking.stop()


class LongQuantum(Bandits):
    """A bandit that draws once and serves the arm for a day."""

    record: Final = {"bandit": "b", "arm": "a"}

    def __init__(self) -> None:
        super().__init__()
        self._first, self._taken = False, False

    def take_drawn(self) -> list[dict[str, Any]]:
        taken, self._taken = self._taken, True
        return [] if taken else [self.record]

    def current_records(self) -> list[dict[str, Any]]:
        return [self.record]


class Kafka:
    """A producer that gives up what it was given until the third record."""

    def __init__(self) -> None:
        self.given, self.written = 0, threading.Event()

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Any) -> None:
        self.given += 1
        on_delivery(None if self.given > 2 else "timed out", None)
        if self.given > 2:
            self.written.set()

    def poll(self, _: float) -> None:
        """Nothing is left to be told."""

    flush = poll


def test_a_choice_that_kafka_did_not_take_is_written_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = Kafka()
    monkeypatch.setattr(clock, "_producer", lambda _: kafka)
    ticking = clock.QuantumClock(LongQuantum(), KafkaSettings())  # type: ignore[arg-type]
    ticking.start()
    assert kafka.written.wait(300)
    ticking.stop()
