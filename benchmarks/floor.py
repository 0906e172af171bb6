"""The floor of physics: Kafka's own `kafka-consumer-perf-test` reads both topics and does nothing with what it reads."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.throughput import Backlog
from liftstream.broker.jars import cache_folder, fetched_jars, find_java

POM: Final = Path(__file__).with_name("kafka_tools.xml")
TOOL: Final = "org.apache.kafka.tools.ConsumerPerformance"
FETCH_BYTES: Final = 4 * 1024 * 1024
FETCH_MS: Final = "fetch.time.ms"


@dataclass(frozen=True)
class Floor:
    """One run: records of both topics, one after the other, by one consumer; the join of its group is not counted."""

    pairs: int
    seconds: float

    @property
    def pairs_per_s(self) -> float:
        """What nobody who reads both topics with one process can pass."""
        return self.pairs / self.seconds


def measure_floor(backlog: Backlog) -> Floor:
    """Reads a backlog from its beginning to its end."""
    kafka, pairs = backlog.kafka, len(backlog.messages)
    topics = kafka.topic_demographic, kafka.topic_historic
    return Floor(pairs, sum(_fetch_s(kafka.bootstrap, topic, pairs) for topic in topics))


def _fetch_s(bootstrap: str, topic: str, records: int) -> float:
    """Seconds of fetching, as the tool measures them."""
    jars = fetched_jars("Kafka's tools", POM, cache_folder("kafka-tools", POM))
    options = {"bootstrap-server": bootstrap, "topic": topic, "messages": records, "fetch-size": FETCH_BYTES}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [find_java(), "-Xmx512m", "-cp", str(jars / "*"), TOOL, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(", ") for line in done.stdout.splitlines() if ", " in line]
    if done.returncode or len(lines) < 2 or FETCH_MS not in lines[0]:
        raise RuntimeError(f"{TOOL} of {topic}: {(done.stdout + done.stderr)[-1000:]}")
    return float(lines[-1][lines[0].index(FETCH_MS)]) / 1000
