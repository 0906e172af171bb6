"""What must be true before a job is submitted: settings that fit together, topics, rights, a model that can be served."""

from liftstream.broker.diagnosis import diagnose
from liftstream.contracts.connection import check_connection
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import Settings
from pipeline.flink.plan import Plan, plan_of


def checked_plan(settings: Settings, *, exactly_once: bool = False) -> Plan:
    """The job that the settings ask for.

    Raises:
        LiftstreamError: one line says what does not let it start.
    """
    plan = plan_of(settings, exactly_once=exactly_once)
    check_connection(settings.kafka)
    found, _ = diagnose(settings)
    for finding in found:
        if finding.status == "failed":
            raise BrokerError(finding.said)
    return plan
