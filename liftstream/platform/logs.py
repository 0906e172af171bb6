"""Logs of the platform: one JSON object a line on stderr. No request is logged: its address may hold what is nobody's business."""

import logging
import sys
from typing import Any, Final

import structlog

QUIET: Final = {
    "kafka": logging.CRITICAL,
    "uvicorn": logging.WARNING,
    "sse_starlette": logging.WARNING,
    "alembic": logging.WARNING,
}
"""kafka-python says the same every second while a broker is away; the loop says it once."""


def set_up_logs() -> None:
    """Sends every log record of the process to stderr as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
