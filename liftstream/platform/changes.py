"""A change feed: the reading thread publishes which experiments changed, the web server's event loop is told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from typing import Final

LISTENERS_MOST: Final = 200


class TooManyListeners(Exception):
    """No more connections are held open."""


class ChangeFeed:
    """Counts the changes of each experiment and wakes those that wait for the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: dict[str, int] = {}
        self._for_all = 0
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._closed = False

    def publish(self, experiments: Iterable[str]) -> None:
        """Counts a change of each experiment, and wakes its listeners."""
        with self._lock:
            for experiment in experiments:
                self._changes[experiment] = self._changes.get(experiment, 0) + 1
            self._wake()

    def publish_to_all(self) -> None:
        """Counts a change for every listener: some of them may no longer listen."""
        with self._lock:
            self._for_all += 1
            self._wake()

    def close(self) -> None:
        """Ends all listening."""
        with self._lock:
            self._closed = True
            self._wake()

    def version(self, experiment: str) -> int:
        """How often it changed since the process started."""
        return self._changes.get(experiment, 0) + self._for_all

    @property
    def listeners(self) -> int:
        """How many listeners wait now."""
        return len(self._waiting)

    async def changes(self, experiment: str, pause_s: float) -> AsyncIterator[int]:
        """The count of changes, now and after every change, at most once in `pause_s`.

        Raises:
            TooManyListeners: as many as are allowed wait already.
        """
        if len(self._waiting) >= LISTENERS_MOST:
            raise TooManyListeners
        event = asyncio.Event()
        me = asyncio.get_running_loop(), event
        self._waiting.add(me)
        try:
            seen = -1
            while not self._closed:
                event.clear()
                now = self.version(experiment)
                if now != seen:
                    seen = now
                    yield now
                    await asyncio.sleep(pause_s)
                else:
                    await event.wait()
        finally:
            self._waiting.discard(me)

    def _wake(self) -> None:
        for loop, event in list(self._waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
