"""The quantum clock: it goes on whatever a draw raises."""

import threading
from typing import Any

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
