"""Writes messages to the two topics: a backlog as fast as it goes, or live traffic at a rate."""

import sys
import time
from typing import Any

import numpy as np
from confluent_kafka import Producer

from benchmarks.messages import Messages, make_messages
from liftstream.contracts.settings import KafkaSettings, load_settings
from liftstream.streams.ids import to_key
from testbed.mixed_stream import MixedMessages

APART = 500
"""Positions that the halves of a pair of a backlog are apart at most, in either order."""
APART_S = 0.2
"""Seconds that the halves of a pair of live traffic are apart at most, in either order."""


def feed_backlog(kafka: KafkaSettings, messages: Messages | MixedMessages) -> None:
    """Writes everything at once."""
    producer = _producer(kafka, linger_ms=5)
    count = len(messages)
    rng = np.random.default_rng(2)
    positions = np.concatenate([np.arange(count) + rng.random(count) * APART for _ in range(2)])
    send = _sender(producer, kafka, messages)
    for done, number in enumerate(np.argsort(positions).tolist()):
        send(number)
        if done % 1000 == 0:
            producer.poll(0)
    _finish(producer)


def feed_live(kafka: KafkaSettings, messages: Messages, pairs_per_s: float) -> float:
    """Writes every half at its time; the longest delay behind the plan, in s."""
    producer = _producer(kafka, linger_ms=0)
    count = len(messages)
    rng = np.random.default_rng(3)
    first = np.arange(count) / pairs_per_s
    second = first + rng.random(count) * APART_S
    swapped = rng.random(count) < 0.5
    due = np.concatenate([np.where(swapped, second, first), np.where(swapped, first, second)])
    send = _sender(producer, kafka, messages)
    start, worst = time.perf_counter(), 0.0
    for number in np.argsort(due, kind="stable").tolist():
        while (early := due[number] - (time.perf_counter() - start)) > 0:
            producer.poll(0)
            time.sleep(min(early, 0.005))
        worst = max(worst, -early)
        send(number)
    _finish(producer)
    return worst


def _sender(producer: Any, kafka: KafkaSettings, messages: Messages | MixedMessages) -> Any:
    topics, count = (kafka.topic_demographic, kafka.topic_historic), len(messages)

    def send(number: int) -> None:
        side, at = divmod(number, count)
        producer.produce(topics[side], messages.halves[side][at], to_key(messages.uuids[at]))

    return send


def _producer(kafka: KafkaSettings, linger_ms: int) -> Any:
    return Producer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "partitioner": "murmur2_random",
            "acks": "1",
            "linger.ms": linger_ms,
            "batch.num.messages": 500,
            "queue.buffering.max.messages": 4_000_000,
            "queue.buffering.max.kbytes": 2_000_000,
            "log_level": 0,
        }
    )


def _finish(producer: Any) -> None:
    left = producer.flush(120)
    if left:
        raise RuntimeError(f"{left} messages were not written within 120 s")


if __name__ == "__main__":
    # Live traffic comes from a process of its own, so that the one that measures does not delay it.
    pairs, rate, seed, first_uuid = (int(argument) for argument in sys.argv[1:])
    print(feed_live(load_settings().kafka, make_messages(pairs, seed=seed, first_uuid=first_uuid), rate))
