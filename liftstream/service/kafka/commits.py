"""Commits one after another: none begins while another is in flight, however slow the broker is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

GIVEN_UP_S: Final = 30.0
"""After so long without an answer a commit is begun anew: the broker has closed that connection, or nobody reads from it."""

Attempt = Callable[[], Awaitable[bool]]
"""Makes one commit of what may be committed when it is called; whether the broker took it."""


class CommitQueue:
    """At most one attempt at a time: two might reach the broker in the wrong order, and the older positions would remain.

    A caller that cannot wait for the end of an attempt leaves it in flight, and the next caller waits for it first.

    Args:
        attempt: of a commit.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._underway: asyncio.Task[bool] | None = None

    async def commit(self, within_s: float) -> bool:
        """Makes a commit after the one that is under way; false where it was not taken, or is not known to be in time."""
        deadline = asyncio.get_running_loop().time() + within_s
        while self._underway is not None:  # others may have waited for it, too
            if not await self._is_over(self._underway, deadline):
                return False
        mine = self._underway = asyncio.ensure_future(self._bounded())
        return await self._is_over(mine, deadline) and not mine.cancelled() and mine.result()

    async def give_up(self) -> bool:
        """Cancels an attempt in flight, because the next owner of the partitions commits; returns whether there was one."""
        underway, self._underway = self._underway, None
        if underway is None or underway.done():
            return False
        underway.cancel()
        await asyncio.wait({underway})
        return True

    async def _is_over(self, task: "asyncio.Task[bool]", deadline: float) -> bool:
        """Waits for a task until a time of the loop; raises an error of an earlier attempt that nobody waited for."""
        left_s = deadline - asyncio.get_running_loop().time()
        if not (await asyncio.wait({task}, timeout=max(0.0, left_s)))[0]:
            return False
        if self._underway is task:
            self._underway = None
            if not task.cancelled():
                task.result()
        return True

    async def _bounded(self) -> bool:
        try:
            return await asyncio.wait_for(self._attempt(), GIVEN_UP_S)
        except TimeoutError:
            return False
