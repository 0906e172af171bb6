"""Logs invalid records, so few that a topic of nothing else does not fill the log."""

import time
from collections.abc import Sequence
from typing import Final

import structlog

from pipeline.join.results import Aside

APART_S: Final = 1.0
"""Shortest time between two lines."""

log = structlog.get_logger()


class InvalidLog:
    """Logs what is wrong with one invalid record, and how many there were since the last line."""

    def __init__(self) -> None:
        self._count, self._said_s = 0, float("-inf")

    def say(self, invalid: Sequence[Aside]) -> None:
        """Takes invalid records, and logs one of them if a line is due."""
        self._count += len(invalid)
        now_s = time.monotonic()
        if not invalid or now_s - self._said_s < APART_S:
            return
        name, one = invalid[0].partition, invalid[0]
        log.warning(
            "invalid",
            topic=name.topic,
            partition=name.partition,
            offset=one.offset,
            why=one.detail,
            count=self._count,
        )
        self._count, self._said_s = 0, now_s
