"""The worker and the job on Flink over the same log: each writes exactly what the reference join says."""

import time
from pathlib import Path

import pytest

from liftstream.broker import ApacheKafka
from liftstream.contracts.places import model_named
from liftstream.contracts.settings import PipelineSettings
from pipeline.decision import OutcomeRule, load_scorer, threshold_of
from pipeline.flink.installation import Installation
from testbed.mixed_log import Clients, Sent, expected_of, mixed_log
from testbed.runners import TOKEN, WORKER, Written, committed, flink, make_side_topic, running, write
from testbed.task_stream import TASK
from tests.conftest import MakeTopics

PAIRS = 1500
SPAN_S = 180
WINDOW_MS = 3000
WAITING = 200
PARTS = 6
"""The log is written part by part, so that nobody reads one topic far ahead of the other."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [WORKER, flink(2)], ids=["worker", "flink"])
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
    scorer = load_scorer(model, TASK)
    decide = OutcomeRule(scorer, threshold_of(scorer, model, PipelineSettings())).decide
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


@pytest.mark.slow
def test_a_job_that_is_killed_answers_what_waited_in_its_state_once_it_is_started_again(
    kafka: ApacheKafka, topics: MakeTopics, flink_installation: Installation, tmp_path: Path
) -> None:
    settings = topics(kafka, partitions=1, historic=3)  # nothing is keyed, so counts need not be equal
    make_side_topic(settings)
    clients, now_ms = Clients(2 * WAITING), int(time.time() * 1000)
    halves = [
        [client.sent(side, now_ms) for side in (0, 1)]
        for client in (clients.next() for _ in range(2 * WAITING))
    ]
    first, second = (
        [Sent(one.side, None, one.value, one.stamp, one.uuid) for one in side]
        for side in zip(*halves, strict=True)
    )
    command, written = flink(1, "--exactly-once"), Written(settings)
    with running(command, settings, tmp_path, join_window_s=600) as process:
        write(settings, first + second[:WAITING])
        written.until(lambda now: now.predicted() == WAITING, process)
        written.until(lambda _: committed(settings, settings.topic_demographic) == 2 * WAITING, process)
        process.kill()
        process.wait()
    with running(command, settings, tmp_path, join_window_s=600) as process:
        write(settings, second[WAITING:])
        written.until(lambda now: now.predicted() >= 2 * WAITING, process)
    assert {b"%d" % one.uuid for one in first if one.uuid} == {key for key, _ in written.read().predictions}
    assert written.predicted() == 2 * WAITING
    assert not written.aside
