"""`/metrics` in Prometheus' format, read from the worker's counts when asked; docs/operations.md says what each
means."""

from collections.abc import Iterator

import numpy as np
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.measures import Histogram
from pipeline.monitoring.health import Health

PREFIX = "liftstream_"


class WorkerCollector(Collector):
    """All metrics of a worker."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yields the families one after the other."""
        worker, measures, model = self._health.worker, self._health.worker.measures, self._health.worker.model
        counts = worker.counts
        for name, about, count in (
            ("records_read", "Input records taken in", counts.read),
            ("pairs_joined", "Pairs found", counts.joined),
            ("halves_returned", "Halves that waited when their partitions went", counts.returned),
            ("records_passed_over", "Records resolved before a restart", counts.passed_over),
            ("records_lost", "Records taken by retention unread", measures.lost),
            ("predictions", "Predictions acknowledged by Kafka", measures.answers),
            ("commits", "Commits accepted by Kafka", measures.commits),
            ("assignments", "Times that partitions came or went", worker.epoch - 1),
            ("model_failures", "Rows that the model failed on", model.failures),
            ("model_swaps", "Models replaced while running", model.swaps),
        ):
            yield CounterMetricFamily(PREFIX + name, about, count)
        for name, about, value in (
            ("halves_waiting", "Halves in the windowed table", worker.join.waiting),
            ("partitions_assigned", "Partitions that are ours", len(worker.join.partitions)),
            ("partitions_held", "Held back", len(worker.held)),
            ("ready", "1: /ready answers 200", not self._health.reasons()),
            ("model_threshold", "Score that shows", model.threshold),
            ("model_refused", "1: a new model is not served, the old one stays", bool(model.trouble)),
        ):
            yield GaugeMetricFamily(PREFIX + name, about, value)
        aside = {(reason,): count for reason, count in dict(counts.aside).items()}
        oddities = {(kind,): count for kind, count in dict(counts.oddities).items()}  # it may grow meanwhile
        lag = {(name.topic, str(name.partition)): behind for name, behind in self._health.lag().items()}
        for family, name, about, labels, values in (
            (CounterMetricFamily, "records_put_aside", "Records in the side output", ["reason"], aside),
            (CounterMetricFamily, "oddities", "Accepted all the same", ["kind"], oddities),
            (GaugeMetricFamily, "lag_records", "Not read yet", ["topic", "partition"], lag),
            (GaugeMetricFamily, "model", "The model in use", ["sha256"], {(model.scorer.sha256,): 1}),
        ):
            found = family(PREFIX + name, about, labels=labels)
            for label, value in values.items():
                found.add_metric(label, value)
            yield found
        yield _histogram(
            "latency_seconds", "Later half's event time to acknowledged prediction", measures.latency_ms, 1000
        )
        yield _histogram("fetch_records", "Records taken at once", measures.fetch_sizes, 1)


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
