"""Ends a worker that runs but does nothing, so that its supervisor starts a new one.

After some rebalances Faust's stream and timers can stay silent forever; and the group does not notice a blocked event
loop, because aiokafka sends heartbeats from another thread. So a thread watches for progress. It never ends a worker
whose broker is down or refuses writes: `/ready` gives the reason then, and a new worker could not do more.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

HUNG_AFTER_S: Final = 30.0
SILENT_AFTER_S: Final = 60.0
LOOK_S: Final = 1.0
PAUSED_S: Final = 5.0
"""A gap between two looks as long as this means that the whole process was paused, not that it hung."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Vitals:
    """What a look sees.

    Attributes:
        ticks: counts the timer's calls in the event loop.
        progress: changes whenever anything was taken in, answered or committed.
        idle_for: why there is nothing to do, or nothing that can be done from here; None: there should be progress.
    """

    ticks: int
    progress: tuple[int, ...]
    idle_for: str | None


class ProgressWatch:
    """Judges a sequence of looks."""

    def __init__(self) -> None:
        self._before: tuple[float, Vitals] | None = None
        self._ticked_s = self._moved_s = 0.0

    def look(self, now_s: float, seen: Vitals) -> str | None:
        """Why the worker must end; None while it may live.

        Args:
            now_s: of a clock that never goes back.
            seen: at this moment.
        """
        before, self._before = self._before, (now_s, seen)
        if before is None or now_s - before[0] > PAUSED_S:
            self._ticked_s = self._moved_s = now_s
            return None
        if seen.ticks != before[1].ticks:
            self._ticked_s = now_s
        if seen.progress != before[1].progress or seen.idle_for is not None:
            self._moved_s = now_s
        if now_s - self._ticked_s > HUNG_AFTER_S:
            return f"its event loop has stood still for {now_s - self._ticked_s:.0f} s"
        if now_s - self._moved_s > SILENT_AFTER_S:
            return f"there are records to read, and nothing was done for {now_s - self._moved_s:.0f} s"
        return None


def start_watchdog(look: Callable[[], Vitals]) -> threading.Event:
    """Watches from a thread of its own until the event is set; ends the process with exit code 1 where it must."""
    stop, watch = threading.Event(), ProgressWatch()

    def run() -> None:
        while not stop.wait(LOOK_S):
            why = watch.look(time.monotonic(), look())
            if why is not None:
                log.error("the watchdog ends this worker", why=why)
                sys.stderr.flush()
                os._exit(1)  # a loop that hangs cannot be asked; what was not committed is read again

    threading.Thread(target=run, name="watchdog", daemon=True).start()
    return stop
