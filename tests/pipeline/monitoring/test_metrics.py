"""`/metrics`: what Prometheus reads, and that board, alerts and documentation speak of what there is."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from pipeline.monitoring.health import Health
from pipeline.monitoring.metrics import render
from pipeline.worker import Worker
from tests.pipeline.offline import (
    DEMOGRAPHIC,
    HISTORIC,
    Record,
    demographic,
    historic,
    nothing_lost,
    polled,
    worker_in,
)

ROOT = Path(__file__).parents[3]
SUFFIX = re.compile(r"_(total|bucket|sum|count)$")


def families(worker: Worker) -> dict[str, Any]:
    text = render(Health(worker)).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(worker: Worker, name: str, **labels: str) -> float:
    samples = [
        sample
        for family in families(worker).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(sample.value for sample in samples)


def test_every_record_is_in_one_of_the_counts(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path)

    async def run() -> None:
        worker.open({DEMOGRAPHIC: 0, HISTORIC: 0}, {})
        stranger = Record(3, 1000, b"x", b"no json")
        halves = [demographic(0, 1), demographic(1, 2, age=20), demographic(2, 3), stranger]
        await worker.take({DEMOGRAPHIC: polled(*halves)}, nothing_lost)
        await worker.take({HISTORIC: polled(historic(0, 1), historic(1, 2))}, nothing_lost)
        await worker.settle(5)

    asyncio.run(run())
    assert value(worker, "liftstream_records_read_total") == 6
    assert value(worker, "liftstream_pairs_joined_total") == 2
    assert value(worker, "liftstream_records_put_aside_total", reason="invalid") == 1
    assert value(worker, "liftstream_halves_waiting") == 1
    assert value(worker, "liftstream_predictions_total") == 2
    assert value(worker, "liftstream_fetch_records_count") == 2
    assert value(worker, "liftstream_latency_seconds_count") == 2
    assert value(worker, "liftstream_model", sha256="0" * 64) == 1
    assert {b'{"uuid":1,"value":1,"token":"a-token"}', b'{"uuid":2,"value":0,"token":"a-token"}'} == {
        prediction for _, prediction in kept.predictions
    }
    worker.give_back()
    assert value(worker, "liftstream_halves_waiting") == 0
    assert value(worker, "liftstream_halves_returned_total") == 1


def test_kinds_of_oddities_may_come_up_while_the_metrics_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, _ = worker_in(tmp_path)
    worker.counts.oddities.update(["duplicated_key", "contradiction"])
    add = CounterMetricFamily.add_metric

    def add_while_the_worker_reads(*arguments: Any, **named: Any) -> None:
        worker.counts.oddities[f"another {len(worker.counts.oddities)}"] += 1
        add(*arguments, **named)

    monkeypatch.setattr(CounterMetricFamily, "add_metric", add_while_the_worker_reads)
    assert value(worker, "liftstream_oddities_total", kind="contradiction") == 1


def test_a_latency_is_counted_below_its_bound_in_seconds(tmp_path: Path) -> None:
    import numpy as np

    worker, _ = worker_in(tmp_path)
    worker.measures.answered(np.array([3, 20, 21, 70_000]))
    bucket = "liftstream_latency_seconds_bucket"
    assert [value(worker, bucket, le=le) for le in ("0.002", "0.005", "0.02", "0.05", "60.0", "+Inf")] == [
        0,
        1,
        2,
        3,
        3,
        4,
    ]


@pytest.mark.parametrize(
    "file", ["deploy/grafana/boards/liftstream.json", "deploy/alerts.yml", "docs/operations.md"]
)
def test_no_file_speaks_of_a_metric_that_there_is_not(file: str, tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    known = {SUFFIX.sub("", name) for name in families(worker)}
    spoken_of = {
        SUFFIX.sub("", name) for name in re.findall(r"\bliftstream_[a-z_]+", (ROOT / file).read_text())
    }
    ours = {name for name in spoken_of if not name.startswith("liftstream_platform_")}
    assert ours
    assert ours <= known


def test_every_metric_is_explained_in_the_documentation(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    text = (ROOT / "docs/operations.md").read_text()
    missing = [name for name in families(worker) if name.startswith("liftstream_") and f"`{name}" not in text]
    assert missing == []
