"""`/metrics` in Prometheus' format, read from the worker's counts when asked; docs/operations.md says what each
means."""

from collections.abc import Iterator

import numpy as np
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.measures import COUNTERS, Histogram
from pipeline.monitoring.health import Health

PREFIX = "liftstream_"


class WorkerCollector(Collector):
    """All metrics of a worker."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yields the families one after the other."""
        worker = self._health.worker
        counts, measures = worker.counts, worker.measures
        yield CounterMetricFamily(PREFIX + "records_read", "Input records taken in", counts.read)
        yield CounterMetricFamily(PREFIX + "pairs_joined", "Pairs found", counts.joined)
        aside = CounterMetricFamily(
            PREFIX + "records_put_aside", "Records in the side output", labels=["reason"]
        )
        for reason, count in counts.aside.items():
            aside.add_metric([reason], count)
        yield aside
        yield GaugeMetricFamily(
            PREFIX + "halves_waiting", "Halves in the windowed table", worker.join.waiting
        )
        yield CounterMetricFamily(
            PREFIX + "halves_returned", "Halves that waited when their partitions went", counts.returned
        )
        yield CounterMetricFamily(
            PREFIX + "records_passed_over", "Records resolved before a restart", counts.passed_over
        )
        oddities = CounterMetricFamily(PREFIX + "oddities", "Accepted all the same", labels=["kind"])
        for kind, count in dict(counts.oddities).items():  # the worker adds kinds while we read
            oddities.add_metric([kind], count)
        yield oddities
        for counter in COUNTERS:
            yield CounterMetricFamily(PREFIX + counter.name, counter.about, counter.value(measures))
        yield from self._state()
        yield _histogram(
            "latency_seconds", "Later half's event time to acknowledged prediction", measures.latency_ms, 1000
        )
        yield _histogram("fetch_records", "Records taken at once", measures.fetch_sizes, 1)

    def _state(self) -> Iterator[Metric]:
        worker = self._health.worker
        lag = GaugeMetricFamily(PREFIX + "lag_records", "Not read yet", labels=["topic", "partition"])
        for name, behind in self._health.lag().items():
            lag.add_metric([name.topic, str(name.partition)], behind)
        yield lag
        ours = len(worker.join.partitions)
        yield GaugeMetricFamily(PREFIX + "partitions_assigned", "Partitions that are ours", ours)
        yield GaugeMetricFamily(PREFIX + "partitions_held", "Held back", len(worker.held))
        yield CounterMetricFamily(
            PREFIX + "assignments", "Times that partitions came or went", worker.epoch - 1
        )
        yield GaugeMetricFamily(PREFIX + "ready", "1: /ready answers 200", float(not self._health.reasons()))
        yield CounterMetricFamily(
            PREFIX + "model_failures", "Rows that the model failed on", worker.model.failures
        )
        yield CounterMetricFamily(PREFIX + "model_swaps", "Models replaced while running", worker.model.swaps)
        model = GaugeMetricFamily(PREFIX + "model", "The model in use", labels=["sha256"])
        model.add_metric([worker.model.scorer.sha256], 1)
        yield model
        yield GaugeMetricFamily(PREFIX + "model_threshold", "Score that shows", worker.model.threshold)
        yield GaugeMetricFamily(
            PREFIX + "model_refused",
            "1: a new model is not served, the old one stays",
            bool(worker.model.trouble),
        )


def _histogram(name: str, text: str, found: Histogram, divisor: int) -> HistogramMetricFamily:
    running = np.cumsum(found.counts).tolist()
    bounds = [str(bound / divisor) for bound in found.bounds] + ["+Inf"]
    buckets = list(zip(bounds, running, strict=True))
    return HistogramMetricFamily(PREFIX + name, text, buckets=buckets, sum_value=found.total / divisor)


def render(health: Health) -> bytes:
    """The page, with CPU, memory and start of the process besides."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(WorkerCollector(health))
    return generate_latest(registry)
