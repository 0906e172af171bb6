"""Throughput: a backlog is there, a contestant starts, and the broker's clock says when the answers came."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from benchmarks.contestants import Contestant, ContestantSilent, Running, Setup, running
from benchmarks.feed import feed_backlog
from benchmarks.messages import Messages, make_messages
from benchmarks.outcomes import Topics
from benchmarks.usage import Usage
from liftstream.broker.rights import create_topics, delete_topics
from liftstream.contracts.settings import KafkaSettings
from testbed.mixed_stream import MixedMessages

PARTITIONS = 4
ON_ARRIVAL = {"message.timestamp.type": "LogAppendTime"}
"""The broker's clock stamps every record, so the contestants' own clocks do not count."""
LOOK_S = 0.2
SILENT_S = 15.0
"""A contestant that has answered some and then nothing for so long answers no more."""
WITHIN_S = 300.0


@dataclass(frozen=True)
class Throughput:
    """One run of one contestant."""

    contestant: str
    pairs: int
    answered: int
    wrong: int
    repeated: int
    pairs_per_s: float
    cpu_s_per_1000: float
    peak_mb: float
    peak_each_mb: float
    first_answer_s: float


@dataclass(frozen=True)
class Backlog:
    """Messages that are in topics already; every contestant reads the same ones."""

    kafka: KafkaSettings
    messages: Messages | MixedMessages
    expected: Mapping[Any, int]


class Backlogs:
    """Writes each backlog once.

    A short one, for a slow contestant, is the beginning of the same messages, written just before its run: the windows
    of a Faust Table expire by the wall clock.
    """

    def __init__(self, bootstrap: str, setup: Setup) -> None:
        self._bootstrap, self._setup = bootstrap, setup
        self._kept: dict[tuple[int, str], Backlog] = {}

    def get(self, contestant: Contestant, pairs: int, layout: str) -> Backlog:
        """The backlog for a contestant, with a prediction topic of its own."""
        if contestant.most_pairs is not None and contestant.most_pairs < pairs:
            return self._write(contestant.most_pairs, layout)
        if (pairs, layout) not in self._kept:
            self._kept[pairs, layout] = self._write(pairs, layout)
        known = self._kept[pairs, layout]
        return Backlog(with_fresh_answers(known.kafka), known.messages, known.expected)

    def _write(self, pairs: int, layout: str) -> Backlog:
        messages = make_messages(pairs, layout)
        kafka = make_topics(self._bootstrap)
        feed_backlog(kafka, messages)
        return Backlog(kafka, messages, messages.values(self._setup.model, self._setup.threshold))

    def clear(self) -> None:
        """Takes the kept ones off the broker's disk."""
        for backlog in self._kept.values():
            delete_topics(self._bootstrap, [backlog.kafka.topic_demographic, backlog.kafka.topic_historic])
        self._kept.clear()


def with_fresh_answers(kafka: KafkaSettings) -> KafkaSettings:
    """The same topics with a prediction topic that nobody uses."""
    fresh = kafka.model_copy(update={"topic_prediction": f"prediction-{uuid4().hex[:8]}"})
    create_topics(kafka.bootstrap, {fresh.topic_prediction: PARTITIONS}, ON_ARRIVAL)
    return fresh


def make_topics(bootstrap: str, settings: Mapping[str, str] = ON_ARRIVAL) -> KafkaSettings:
    """Topics that nobody else uses."""
    mark = uuid4().hex[:8]
    names = {f"topic_{name}": f"{name}-{mark}" for name in ("demographic", "historic", "prediction")}
    create_topics(bootstrap, dict.fromkeys(names.values(), PARTITIONS), settings)
    return KafkaSettings(bootstrap=bootstrap, **names)


def measure_throughput(contestant: Contestant, backlog: Backlog, setup: Setup) -> Throughput:
    """Runs a contestant until it has answered everything, or has fallen silent.

    Raises:
        ContestantSilent: it ended, or answered too little.
    """
    topics = Topics(backlog.kafka)
    with running(contestant, backlog.kafka, setup) as system:
        usage = Usage([process.pid for process in system.processes])
        _drain(system, usage, topics, len(backlog.messages))
    outcome = topics.outcome(backlog.expected)
    topics.close()
    delete_topics(backlog.kafka.bootstrap, [backlog.kafka.topic_prediction])
    rate, since, until = outcome.pairs_per_s()
    return Throughput(
        contestant.name,
        len(backlog.messages),
        len(outcome.first_s),
        outcome.wrong,
        outcome.repeated,
        rate,
        1000 * usage.cpu_s(since, until) / (rate * (until - since)),
        usage.peak_mb,
        usage.peak_each_mb,
        outcome.times_s[0] - system.started,
    )


def no_answer(within_s: float, answered: int) -> str:
    """What is said of a contestant that was waited for so long."""
    return f"{f'only {answered:,} answers' if answered else 'no answer'} within {within_s:g} s"


def _drain(system: Running, usage: Usage, topics: Topics, pairs: int) -> None:
    """Looks until all is answered and nothing more comes."""
    before, changed, start = 0, time.monotonic(), time.monotonic()
    while True:
        time.sleep(LOOK_S)
        usage.sample()
        system.check()
        answered, now = topics.answered(), time.monotonic()
        if answered != before:
            before, changed = answered, now
        silent_s = now - changed
        if (answered >= pairs and silent_s > 2 * LOOK_S) or (answered and silent_s > SILENT_S):
            return
        if now - start > WITHIN_S:
            raise ContestantSilent(system.name, no_answer(WITHIN_S, answered))
