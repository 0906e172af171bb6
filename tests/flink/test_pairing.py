"""The join in Java against the reference that the worker's join is checked with, on the same random logs."""

import random
import subprocess
from pathlib import Path

import pytest

from pipeline.flink.installation import Installation
from testbed.reference_join import Record, join

WINDOW = 10
LOGS = 3000
MAIN = Path(__file__).parent / "java" / "liftstream" / "flink" / "PairingOnLogs.java"


def random_log(rng: random.Random) -> list[list[Record]]:
    """Fetches of both topics in any order, of few clients, so that every kind of meeting is common."""
    offsets = [0, 0]
    log = []
    for _ in range(rng.randint(1, 12)):
        side = rng.randint(0, 1)
        fetch = []
        for _ in range(rng.randint(1, 4)):
            fetch.append(Record(side, rng.randint(1, 3), rng.randint(0, 60), offsets[side]))
            offsets[side] += 1
        log.append(fetch)
    return log


def as_line(fetch: list[Record]) -> str:
    return " ".join([str(fetch[0].side), *(f"{one.uuid}:{one.stamp}:{one.offset}" for one in fetch)])


def run_java(installation: Installation, classes: Path, text: str) -> str:
    folders = [installation.flink_home / "lib", *{jar.parent for jar in installation.jars}]
    path = ":".join([*(f"{folder}/*" for folder in folders), str(classes)])
    java = installation.java_home / "bin"
    subprocess.run([java / "javac", "-nowarn", "-cp", path, "-d", classes, MAIN], check=True)
    command = [java / "java", "-cp", path, "liftstream.flink.PairingOnLogs", str(WINDOW)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_pairs_and_reasons_in_java_are_those_of_the_reference(
    flink_installation: Installation, tmp_path: Path
) -> None:
    rng = random.Random(1)
    logs = [random_log(rng) for _ in range(LOGS)]
    text = "\n".join("\n".join([*map(as_line, log), "end"]) for log in logs) + "\n"
    found = run_java(flink_installation, tmp_path, text).split("end\n")[:-1]
    assert len(found) == LOGS
    for log, said in zip(logs, found, strict=True):
        pairs, aside = join(log, WINDOW)
        expected = [f"pair {one.offset} {other.offset}" for one, other in pairs]
        expected += [f"{reason} {one.side} {one.offset}" for one, reason in aside.items()]
        assert sorted(said.splitlines()) == sorted(expected), log
