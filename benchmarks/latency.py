"""Latency: a contestant runs, live traffic comes, and the broker's clock says how long after its later half an answer
is there."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.contestants import Contestant, ContestantSilent, Running, Setup, running
from benchmarks.feed import feed_live
from benchmarks.messages import make_messages
from benchmarks.outcomes import AnswersRead, Topics
from benchmarks.throughput import LOOK_S, make_topics, no_answer
from benchmarks.usage import Usage
from liftstream.broker.rights import delete_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings

WARM_UP_PAIRS, WARM_UP_PER_S = 100, 100
WARM_UP_WITHIN_S = 90.0
WARM_UP_UUIDS = 5_000_000
"""Clients of the warm-up have uuids from here on, and are not counted."""
SETTLE_S = 2.0
"""Time from the first pairs of the traffic that is not counted: connections and caches are cold."""
ANSWERED_WITHIN_S = 15.0
IDLE_AFTER_S, IDLE_S = 5.0, 15.0


@dataclass(frozen=True)
class LatencyRun:
    """One run of one contestant; `late_ms` is how far the feeder fell behind its plan at worst."""

    contestant: str
    rate: float
    pairs: int
    answered: int
    wrong: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    cores: float
    late_ms: float


@dataclass(frozen=True)
class Idle:
    """What a contestant uses while nothing comes."""

    contestant: str
    core_percent: float
    memory_mb: float


def measure_latency(
    contestant: Contestant, bootstrap: str, setup: Setup, pairs_per_s: float, seconds: float
) -> LatencyRun:
    """Runs a contestant against live traffic of one rate.

    Raises:
        ContestantSilent: it ended, or does not answer.
    """
    kafka, seed = make_topics(bootstrap), 1
    messages = make_messages(max(10, int(pairs_per_s * seconds)), seed=seed)
    topics = Topics(kafka)
    with running(contestant, kafka, setup) as system:
        before = _warm_up(system, kafka, topics)
        usage = Usage([process.pid for process in system.processes])
        usage.sample()
        start = time.time()
        late_s = _feed_from_outside(kafka, len(messages), pairs_per_s, seed, usage)
        end = time.time()
        _wait_for(topics, system, usage, before + len(messages))
    outcome = topics.outcome(messages.values(setup.model, setup.threshold))
    later = _later_halves(topics)
    topics.close()
    delete_topics(bootstrap, [kafka.topic_demographic, kafka.topic_historic, kafka.topic_prediction])
    if not outcome.first_s:
        raise ContestantSilent(contestant.name, no_answer(ANSWERED_WITHIN_S, 0))
    median_ms, p99_ms, worst_ms = np.percentile(_latencies_ms(outcome, later), (50, 99, 100)).tolist()
    return LatencyRun(
        contestant.name,
        pairs_per_s,
        len(messages),
        len(outcome.first_s),
        outcome.wrong,
        median_ms,
        p99_ms,
        worst_ms,
        usage.cpu_s(start, end) / (end - start),
        1000 * late_s,
    )


def measure_idle(contestant: Contestant, bootstrap: str, setup: Setup) -> Idle:
    """Runs a contestant without any traffic, after it has answered some.

    Raises:
        ContestantSilent: it ended, or does not answer.
    """
    kafka = make_topics(bootstrap)
    topics = Topics(kafka)
    with running(contestant, kafka, setup) as system:
        _warm_up(system, kafka, topics)
        time.sleep(IDLE_AFTER_S)
        usage = Usage([process.pid for process in system.processes])
        usage.sample()
        start = time.time()
        time.sleep(IDLE_S)
        usage.sample()
        used_s = usage.cpu_s(start, start + IDLE_S)
    topics.close()
    return Idle(contestant.name, 100 * used_s / IDLE_S, usage.peak_mb)


def _warm_up(system: Running, kafka: KafkaSettings, topics: Topics) -> int:
    """Feeds other clients until the contestant answers all of a round; how many answers there are then."""
    deadline, fed = time.monotonic() + WARM_UP_WITHIN_S, 0
    while True:
        system.check()
        if time.monotonic() > deadline:
            raise ContestantSilent(system.name, no_answer(WARM_UP_WITHIN_S, topics.answered()))
        before = topics.answered()
        clients = make_messages(WARM_UP_PAIRS, seed=fed, first_uuid=WARM_UP_UUIDS + fed)
        feed_live(kafka, clients, WARM_UP_PER_S)
        fed += WARM_UP_PAIRS
        time.sleep(SETTLE_S)
        if topics.answered() - before >= WARM_UP_PAIRS:
            return topics.answered()


def _feed_from_outside(
    kafka: KafkaSettings, pairs: int, pairs_per_s: float, seed: int, usage: Usage
) -> float:
    """Live traffic from another process; how far it fell behind its plan, in s."""
    command = [sys.executable, "-m", "benchmarks.feed", *map(str, (pairs, int(pairs_per_s), seed, 100_000))]
    environment = os.environ | kafka_environment(kafka)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as feeder:
        while feeder.poll() is None:
            usage.sample()
            time.sleep(LOOK_S)
        if feeder.returncode or feeder.stdout is None:
            raise RuntimeError("the feeder failed")
        return float(feeder.stdout.read())


def _wait_for(topics: Topics, system: Running, usage: Usage, answers: int) -> None:
    deadline = time.monotonic() + ANSWERED_WITHIN_S
    while topics.answered() < answers and time.monotonic() < deadline:
        system.check()
        usage.sample()
        time.sleep(LOOK_S)


def _later_halves(topics: Topics) -> dict[int, float]:
    """When each client's later half was on the broker, by uuid."""
    later: dict[int, float] = {}
    for topic in (topics.kafka.topic_demographic, topics.kafka.topic_historic):
        for stamp_s, key, _ in topics.read(topic):
            later[int(key)] = max(stamp_s, later.get(int(key), 0))
    return later


def _latencies_ms(
    outcome: AnswersRead, later: Mapping[Any, float]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    begin = min(later[uuid] for uuid in outcome.first_s) + SETTLE_S
    found = [1000 * (at - later[uuid]) for uuid, at in outcome.first_s.items() if later[uuid] >= begin]
    return np.array(found or [np.nan])
