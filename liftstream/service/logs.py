"""Logs of every process: one JSON object per line on stderr, including those of libraries.

While a broker is away Faust and aiokafka write 70 lines a second; each of their messages is logged once in a while,
with the number of omitted repetitions. HTTP requests are not logged, because their addresses may contain private
data.
"""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

PAUSE_S: Final = 30.0
NOISY: Final = ("aiokafka", "faust", "mode", "asyncio")
LEVELS: Final = {
    **dict.fromkeys(NOISY, logging.WARNING),
    "kafka": logging.CRITICAL,
    "uvicorn": logging.WARNING,
    "sse_starlette": logging.WARNING,
    "alembic": logging.WARNING,
}
"""kafka-python says the same every second while a broker is away; who uses it says it once."""


class OncePerPause(logging.Filter):
    """Lets a message template of a noisy logger through once per `PAUSE_S`, by a clock that never goes back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._last: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to print the record; adds `left_out` to one that comes after others were not."""
        if not record.name.startswith(NOISY):
            return True
        template, now = (record.name, str(record.msg)[:60]), self._now()
        if now - self._last.get(template, -PAUSE_S) < PAUSE_S:
            self._left_out[template] = self._left_out.get(template, 0) + 1
            return False
        self._last[template] = now
        record.left_out = self._left_out.pop(template, 0)
        return True


def set_up_logs() -> None:
    """Sends every log record of the process to stderr as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(OncePerPause())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared, _tell_left_out],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def silence_logs() -> None:
    """For a command that says all there is to say itself."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())


def _tell_left_out(_: Any, __: str, event: Any) -> Any:
    left_out = getattr(event.get("_record"), "left_out", 0)
    if left_out:
        event["left_out"] = left_out
    return event
