"""Failed attempts are limited: by address, and in all."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
EACH = 10
ALL = 100
ADDRESSES_MOST = 10_000


class Attempts:
    """Counts failures of the last minute."""

    def __init__(
        self, each: int = EACH, everybody: int = ALL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each, self._all, self._clock = each, everybody, clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, list[float]] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Whether another attempt is allowed."""
        since = self._clock() - WINDOW_S
        with self._lock:
            own = [at for at in self._failed.get(address, ()) if at > since]
            everybody = sum(at > since for times in self._failed.values() for at in times)
        return len(own) < self._each and everybody < self._all

    def failed(self, address: str) -> None:
        """An attempt was wrong."""
        now = self._clock()
        with self._lock:
            times = self._failed.setdefault(address, [])
            times[:] = [*[at for at in times if at > now - WINDOW_S][-self._each :], now]
            self._failed.move_to_end(address)
            while len(self._failed) > ADDRESSES_MOST:
                self._failed.popitem(last=False)
