"""Keeps track of what was sent and is not acknowledged yet: predictions and lines of the side output."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

MOST: Final = 20_000
"""Predictions and lines under way from which the next poll waits."""


class Underway:
    """Predictions and lines of the side output in flight, each batch a task.

    Args:
        fail: is told what ended a task that must not end so.
    """

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail
        self._tasks: dict[asyncio.Task[None], int] = {}

    def start(self, work: Coroutine[Any, Any, None], records: int) -> None:
        """Starts a task that writes records."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = records
        task.add_done_callback(self._finished)

    async def settle(self, within_s: float) -> None:
        """Waits up to `within_s` for what is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)

    async def has_room(self) -> None:
        """Waits until more may be sent."""
        while sum(self._tasks.values()) >= MOST:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)
