"""Prometheus metrics, read from the database when they are asked for: exact, and the same after a restart."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import select

from liftstream.platform.ingest.tables import Tally
from liftstream.platform.schema import Experiment, ExperimentArm
from liftstream.platform.service import PlatformService


def registry_of(service: PlatformService) -> CollectorRegistry:
    """A registry that reads the service."""
    registry = CollectorRegistry()
    registry.register(_Sums(service))
    return registry


class _Sums(Collector):
    def __init__(self, service: PlatformService) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        with self._service.reading() as connection:
            arms, tallies = (
                connection.execute(select(ExperimentArm)).all(),
                connection.execute(select(Tally)).all(),
            )
            states = connection.execute(select(Experiment.state)).scalars().all()
        for name, said in (
            ("clients", "Clients drawn into an arm."),
            ("sessions", "Sessions of an arm."),
            ("answered", "Sessions that were answered in time."),
            ("unanswered", "Sessions that were shown without waiting any longer."),
            ("shown", "Sessions in which the category was shown."),
        ):
            family = CounterMetricFamily(f"liftstream_platform_{name}", said, labels=["experiment", "arm"])
            for row in arms:
                family.add_metric([row.experiment, row.arm], getattr(row, name))
            yield family
        records = CounterMetricFamily(
            "liftstream_platform_records",
            "Records by topic and reason.",
            labels=["experiment", "kind", "reason"],
        )
        for tally in tallies:
            records.add_metric([tally.experiment, tally.kind, tally.reason], tally._mapping["count"])
        yield records
        kafka = self._service.board.now
        yield GaugeMetricFamily(
            "liftstream_platform_ready", "1 while every record is read as it comes.", float(kafka.is_ready)
        )
        yield GaugeMetricFamily(
            "liftstream_platform_behind_records", "Written and not yet read.", float(kafka.behind)
        )
        running = sum(state == "running" for state in states)
        yield GaugeMetricFamily(
            "liftstream_platform_running_experiments", "Experiments that run.", float(running)
        )
