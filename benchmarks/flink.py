"""`python -m benchmarks.flink`: the job on Apache Flink beside `liftstream run`, on one broker, in one run.

Same bytes over a log with everything in it; throughput of a backlog beside the worker and the bare loop; latency of
live traffic; memory of each process; what two kills of a task manager and a change of the model cost.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import click
import psutil

from benchmarks.contestants import BARE_LOOP, WORKER, Contestant, ContestantSilent, Setup
from benchmarks.flink_kills import change_model, kill_twice
from benchmarks.latency import measure_latency
from benchmarks.options import model_option, setup_of
from benchmarks.tables import by_contestant, say, show_latency, show_throughput
from benchmarks.throughput import Backlogs, make_topics, measure_throughput
from liftstream.broker import ApacheKafka
from liftstream.broker.rights import create_topics
from liftstream.contracts.settings import PipelineSettings
from pipeline.decision import OutcomeRule, load_scorer, threshold_of
from pipeline.flink.installation import install
from testbed.mixed_log import expected_of, mixed_log
from testbed.runners import TOKEN, Written, flink, make_side_topic, running, write
from testbed.task_stream import TASK

ASIDE: Final = "aside"
RATE: Final = 500.0
BAR_OF_BARE_LOOP: Final = 0.05
BAR_P99_MS: Final = 500
RESULT: Final = Path(__file__).with_name("results") / "flink.json"
WINDOW_MS: Final = 3000
SPAN_S: Final = 180
KINDS: Final = {
    "beam_boot": "Python worker",
    "beam_sdk_worker_main": "Python worker",
    "org.apache.flink": "JVM",
    "leash.py": "leash",
    "pipeline.flink.job": "client",
    "liftstream.cli": "command",
}
"""What is in the command line of each process."""


def contestant(parallelism: int) -> Contestant:
    """The job on a mini cluster."""
    command = ["-m", "liftstream.cli", *flink(parallelism)]
    slots = f"{parallelism} slot{'s' if parallelism > 1 else ''}"
    return Contestant(f"Flink, {slots}", command, settings={"SIDE_OUTPUT": f"topic:{ASIDE}"})


FLINK: Final = contestant(1), contestant(2)


@click.command()
@click.option("--pairs", default=300_000, show_default=True, help="backlog of the throughput; 0: none")
@click.option("--runs", default=3, show_default=True, help="of each, in turn")
@click.option("--seconds", default=30, show_default=True, help="of live traffic; 0: none")
@click.option(
    "--same-bytes", "mixed", default=200_000, show_default=True, help="pairs of the mixed log; 0: none"
)
@click.option("--kills", default=100_000, show_default=True, help="pairs under the kills; 0: none")
@click.option("--save", "saved", is_flag=True, help=f"write {RESULT.name} among the results")
@model_option
def main(pairs: int, runs: int, seconds: int, mixed: int, kills: int, saved: bool, model: Path) -> None:
    """The job on Apache Flink beside the worker."""
    installation, setup = install(say), setup_of(model)
    found: dict[str, Any] = {}
    with ApacheKafka(as_installed=True) as broker:
        create_topics(broker.bootstrap, {ASIDE: 1})
        if mixed:
            found["same_bytes"] = list(_same_bytes(broker.bootstrap, mixed, model))
        if pairs:
            found["throughput"] = _throughput(broker.bootstrap, setup, pairs, runs)
        if seconds:
            found["latency"] = _latency(broker.bootstrap, setup, seconds, runs)
        if kills:
            found["kills"] = kill_twice(installation, broker.bootstrap, model, kills)
            found["new_model"] = change_model(installation, broker.bootstrap, model)
            say(json.dumps({"kills": found["kills"], "new_model": found["new_model"]}, indent=1))
    if saved:
        RESULT.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if all(_bars(found)) else 1)


def _same_bytes(bootstrap: str, pairs: int, model: Path) -> Iterator[dict[str, Any]]:
    """Each runner over one log, against the reference join."""
    say(f"a mixed log of {pairs:,} pairs")
    scorer = load_scorer(model, TASK)
    decide = OutcomeRule(scorer, threshold_of(scorer, model, PipelineSettings())).decide
    log = mixed_log(pairs, int(time.time() * 1000) - 2 * SPAN_S * 1000, SPAN_S * 1000, WINDOW_MS)
    expected = expected_of(log, WINDOW_MS, TOKEN, decide)
    inputs = make_topics(bootstrap, {})
    write(inputs, log)
    for name, command in (("worker", ("run",)), ("Flink, 1 slot", flink(1)), ("Flink, 2 slots", flink(2))):
        kafka = inputs.model_copy(update={"topic_prediction": f"prediction-{uuid4().hex[:8]}"})
        create_topics(bootstrap, {kafka.topic_prediction: 4})
        make_side_topic(kafka)
        written = Written(kafka)
        with (
            TemporaryDirectory() as folder,
            running(command, kafka, Path(folder), model=model.resolve()) as process,
        ):
            began = time.monotonic()
            written.until(
                lambda now: (
                    (now.predictions.total(), now.aside.total())
                    >= (expected.predictions.total(), expected.aside.total())
                ),
                process,
                within_s=300,
            )
            seconds = time.monotonic() - began
            memory = _memory_mb(process.pid)
        differences = written.read().differs_from(expected)
        yield {
            "runner": name,
            "records": len(log),
            "predictions": written.predictions.total(),
            "aside": written.aside.total(),
            "differences": [str(one)[:500] for one in differences],
            "seconds": round(seconds, 1),
            "memory_mb": memory,
        }
        say(
            f"{name}: {written.predictions.total():,} predictions, {written.aside.total():,} aside, differs: {differences}; MB: {memory}"
        )


def _memory_mb(pid: int) -> dict[str, list[int]]:
    """Resident memory of the processes of a runner, by what they are."""
    found: dict[str, list[int]] = {}
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        with suppress(psutil.Error):
            words = " ".join(process.cmdline())
            kind = next((name for mark, name in KINDS.items() if mark in words), None)
            if kind:
                found.setdefault(kind, []).append(round(process.memory_info().rss / 2**20))
    return found


def _throughput(bootstrap: str, setup: Setup, pairs: int, runs: int) -> list[dict[str, Any]]:
    backlogs, results = Backlogs(bootstrap, setup), []
    for run in range(runs):
        for one in (BARE_LOOP, WORKER, *FLINK):
            say(f"run {run + 1} of {runs}: {one.name}")
            results.append(measure_throughput(one, backlogs.get(one, pairs, "compact"), setup))
    show_throughput(results, "A backlog, answered")
    for one in FLINK:
        for other in (BARE_LOOP, WORKER):
            mine, theirs = by_contestant(results, one), by_contestant(results, other)
            shares = [a.pairs_per_s / b.pairs_per_s for a, b in zip(mine, theirs, strict=True)]
            print(f"{one.name}: {median(shares):.3f} of {other.name}")
    return [asdict(result) for result in results]


def _latency(bootstrap: str, setup: Setup, seconds: int, runs: int) -> list[dict[str, Any]]:
    results = []
    for _ in range(runs):
        for one in (WORKER, FLINK[0]):
            say(f"live traffic: {one.name}")
            try:
                results.append(measure_latency(one, bootstrap, setup, RATE, seconds))
            except ContestantSilent as error:
                say(str(error))
    show_latency(results)
    return [asdict(result) for result in results]


def _bars(found: dict[str, Any]) -> Iterator[bool]:
    for one in found.get("same_bytes", []):
        yield not one["differences"]
    for name in (one.name for one in FLINK) if "throughput" in found else ():
        rates = {
            each: [run["pairs_per_s"] for run in found["throughput"] if run["contestant"] == each]
            for each in (name, BARE_LOOP.name)
        }
        yield median(rates[name]) >= BAR_OF_BARE_LOOP * median(rates[BARE_LOOP.name])
    tails = [run["p99_ms"] for run in found.get("latency", []) if run["contestant"] == FLINK[0].name]
    if tails:
        yield median(tails) < BAR_P99_MS
    if "kills" in found:
        yield not found["kills"]["missing"] and not found["kills"]["wrong"]


if __name__ == "__main__":
    main()
