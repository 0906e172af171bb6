"""Checks before a job is submitted: settings that fit together, topics, rights, a model that can be served."""

from typing import Final

from liftstream.broker.diagnosis import Finding, diagnose
from liftstream.contracts.connection import check_connection
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import Settings
from liftstream.streams.definition import Stream
from pipeline.flink.plan import JobPlan, plan_of

ATTEMPTS: Final = 3
"""How often the broker is asked: a busy one, or a busy machine, may take longer than one look waits."""


def checked_plan(settings: Settings, *, exactly_once: bool = False) -> JobPlan:
    """The job that the settings ask for.

    Raises:
        LiftstreamError: one line says what does not let it start.
    """
    plan = plan_of(settings, exactly_once=exactly_once)
    check_connection(settings.kafka)
    for finding in _findings(settings, plan.decider.stream):
        if finding.status == "failed":
            raise BrokerError(finding.said)
    return plan


def _findings(settings: Settings, stream: Stream) -> list[Finding]:
    """The findings on broker, topics and rights, once the broker has answered or was asked often enough."""
    for _ in range(ATTEMPTS):
        found, _ = diagnose(settings, stream.topics, stream.answer.topic)
        if found[0].status == "ok":
            break
    return found
