"""The worker and the job on Flink over the same log: each writes exactly what the reference join says."""

import time
from pathlib import Path

import pytest

from liftstream.broker import ApacheKafka
from liftstream.contracts.places import model_named
from liftstream.contracts.settings import PipelineSettings
from pipeline.decision import Decision, load_scorer, threshold_of
from pipeline.flink.installation import Installation
from tests.conftest import MakeTopics
from tests.flink.runners import TOKEN, WORKER, Written, flink, make_side_topic, running, write
from tests.pipeline.mixed_log import expected_of, mixed_log

PAIRS = 1500
SPAN_S = 180
WINDOW_MS = 3000
PARTS = 6
"""The log is written part by part, so that nobody reads one topic far ahead of the other."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [WORKER, flink(1), flink(2)], ids=["worker", "flink-1", "flink-2"])
def test_predictions_and_side_output_are_those_of_the_reference(
    command: tuple[str, ...],
    kafka: ApacheKafka,
    topics: MakeTopics,
    flink_installation: Installation,
    tmp_path: Path,
) -> None:
    settings = topics(kafka, partitions=2)
    make_side_topic(settings)
    model = model_named("cross_selling")
    scorer = load_scorer(model)
    decide = Decision(scorer, threshold_of(scorer, model, PipelineSettings())).decide
    start_ms = int(time.time() * 1000) - 400_000
    log = mixed_log(PAIRS, start_ms, SPAN_S * 1000, WINDOW_MS)
    written = Written(settings)
    with running(command, settings, tmp_path) as process:
        for part in range(PARTS):
            first, after = len(log) * part // PARTS, len(log) * (part + 1) // PARTS
            write(settings, log[first:after])
            due = expected_of(log[:after], WINDOW_MS, TOKEN, decide).predictions.total()
            written.until(lambda now, due=due: now.predictions.total() >= due, process)
        expected = expected_of(log, WINDOW_MS, TOKEN, decide)
        written.until(lambda now: now.aside.total() >= expected.aside.total(), process)
    assert {"timeout", "late", "duplicate", "invalid"} <= {one[-1] for one in expected.aside}
    assert not written.read().differs_from(expected)
