"""What is lost when a task manager is killed under load, twice, and what a change of the model costs."""

import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

from benchmarks.feed import feed_live
from benchmarks.flink_cluster import FlinkCluster
from benchmarks.messages import make_messages
from benchmarks.outcomes import Topics
from benchmarks.throughput import make_topics
from liftstream.broker.rights import create_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings, PipelineSettings
from pipeline.flink.installation import Installation
from pipeline.model import served_model
from pipeline.records.predictions import PredictionForm
from pipeline.records.stream_decoder import StreamDecoder
from testbed.task_stream import TASK

TOKEN: Final = "benchmark"  # noqa: S105
RATE: Final = 1500
WITHIN_S: Final = 240.0
JOB: Final = ("--parallelism=2",)


def kill_twice(installation: Installation, bootstrap: str, model: Path, pairs: int) -> dict[str, Any]:
    """Kills a task manager twice under live traffic; each time a new one is there already."""
    kafka, answers = make_topics(bootstrap), Answers(model, pairs)
    with TemporaryDirectory() as folder, FlinkCluster(installation, Path(folder), model) as cluster:
        cluster.add_task_manager()
        cluster.add_task_manager()
        cluster.wait_for_task_managers(2)
        cluster.submit(_settings(kafka), job=JOB)
        topics = Topics(kafka)
        feeder = threading.Thread(target=answers.feed, args=(kafka,))
        feeder.start()
        _until(topics, 0.2 * pairs)
        pauses = []
        for share in (0.2, 0.55):
            _until(topics, share * pairs)
            cluster.kill_task_manager()
            killed_at = time.time()
            cluster.add_task_manager()
            _until(topics, topics.answered() + 0.1 * pairs)
            pauses.append(killed_at)
        feeder.join()
        _until(topics, pairs)
        time.sleep(3)
        found = answers.compare(topics)
        times = sorted(stamp for stamp, _, _ in topics.read(kafka.topic_prediction))
        found["quiet_s"] = [_longest_pause(times, at) for at in pauses]
        topics.close()
    return found


def change_model(installation: Installation, bootstrap: str, model: Path) -> dict[str, Any]:
    """Stops the job with a savepoint under live traffic, and goes on from it with another threshold."""
    pairs, kafka = 20_000, make_topics(bootstrap)
    answers = Answers(model, pairs)
    with TemporaryDirectory() as folder, FlinkCluster(installation, Path(folder), model) as cluster:
        cluster.add_task_manager()
        cluster.wait_for_task_managers(1)
        settings = _settings(kafka)
        job = cluster.submit(settings, job=JOB)
        topics = Topics(kafka)
        feeder = threading.Thread(target=answers.feed, args=(kafka, 500))
        feeder.start()
        _until(topics, 0.3 * pairs)
        asked = time.time()
        savepoint = cluster.stop_with_savepoint(job)
        cluster.submit(settings | {"LIFTSTREAM_PIPELINE__THRESHOLD": "2"}, "-s", savepoint, job=JOB)
        feeder.join()
        _until(topics, pairs)
        time.sleep(3)
        times = [(stamp, value) for stamp, _, value in topics.read(kafka.topic_prediction)]
        found: dict[str, Any] = {"quiet_s": _longest_pause(sorted(stamp for stamp, _ in times), asked)}
        found["pairs"], found["answers"] = pairs, len(times)
        after = asked + found["quiet_s"] + 20
        found["old_model_after"] = sum(b'"value":1' in value for stamp, value in times if stamp > after)
        topics.close()
    return found


class Answers:
    """Clients, and the bytes that each is to be answered with."""

    def __init__(self, model: Path, pairs: int) -> None:
        self._messages = make_messages(pairs, seed=7)
        served = served_model(PipelineSettings(model=model), StreamDecoder(TASK))
        values = self._messages.values(model, served.threshold)
        self._expected = set(PredictionForm(TOKEN, TASK.answer).fill(list(values), list(values.values())))

    def feed(self, kafka: KafkaSettings, rate: float = RATE) -> None:
        """Live traffic."""
        feed_live(kafka, self._messages, rate)

    def compare(self, topics: Topics) -> dict[str, Any]:
        """What is missing, wrong or there again."""
        found = Counter((key, value) for _, key, value in topics.read(topics.kafka.topic_prediction))
        return {
            "pairs": len(self._expected),
            "missing": len(self._expected - found.keys()),
            "wrong": len(found.keys() - self._expected),
            "repeated": found.total() - len(found),
        }


def _settings(kafka: KafkaSettings) -> dict[str, str]:
    aside = f"aside-{uuid4().hex[:8]}"
    create_topics(kafka.bootstrap, {aside: 1})
    chosen = {"TOKEN": TOKEN, "SIDE_OUTPUT": f"topic:{aside}", "GROUP": kafka.topic_prediction}
    return kafka_environment(kafka) | {
        f"LIFTSTREAM_PIPELINE__{name}": value for name, value in chosen.items()
    }


def _until(topics: Topics, answers: float) -> None:
    deadline = time.monotonic() + WITHIN_S
    while topics.answered() < answers:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {topics.answered():,} of {answers:,.0f} answers within {WITHIN_S:g} s")
        time.sleep(0.2)


def _longest_pause(times: list[float], since: float) -> float:
    """The longest time without any answer, in s, from a moment on for two minutes."""
    near = [one for one in times if since - 1 < one < since + 120]
    return round(max(later - earlier for earlier, later in pairwise(near)), 1)
