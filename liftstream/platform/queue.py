"""A bounded queue with one worker at a time, for requests that cost seconds of CPU time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

IN_LINE_MOST: Final = 4
"""Each holds one of the web server's 40 threads while it waits."""
PATIENCE_S: Final = 10.0
OTHERS_PLAN: Final = "others are planning experiments, and plans are computed one at a time"


class Busy(Exception):
    """The queue is full, or the turn did not come in time; the message says what others do."""


class WorkQueue:
    """One request works at a time, and the others wait for their turn.

    Args:
        in_line_most: how many may wait.
        patience_s: for how long.
        said: what the others do, for those who are sent away.
    """

    def __init__(
        self, in_line_most: int = IN_LINE_MOST, patience_s: float = PATIENCE_S, said: str = OTHERS_PLAN
    ) -> None:
        self._patience_s, self._said = patience_s, said
        self._turn = threading.Lock()
        self._places = threading.Semaphore(in_line_most + 1)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for the turn, and holds it for a block.

        Raises:
            Busy
        """
        if not self._places.acquire(blocking=False):
            raise Busy(self._said)
        try:
            if not self._turn.acquire(timeout=self._patience_s):
                raise Busy(self._said)
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()
