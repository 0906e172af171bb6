"""The spending service: how good the models are, whether the paired test finds the better one, how fast and how big it is.

`python -m benchmarks.spending [--data FOLDER] [--shops N] [--out FILE.json]`; without --data on simulated shops.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.request import Request, urlopen

import click
import numpy as np
import psutil

from liftstream.forecast.comparison import compare_paired, compare_split
from liftstream.forecast.history import History
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from training.spending.rolling import Evaluation, roll, score
from training.spending.tables import read_folder

RESAMPLES: Final = 200
EVENTS: Final = 23_523
AT_ONCE: Final = 20
REQUESTS: Final = 15
ROOT: Final = Path(__file__).parents[1]


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of users, sessions, products.")
@click.option(
    "--shops", default=5, show_default=True, help="Simulated shops of 200 users, besides one of 1,000."
)
@click.option("--out", type=click.Path(path_type=Path), help="Everything as JSON.")
def main(data: Path | None, shops: int, out: Path | None) -> None:
    """Models, test, service."""
    found: dict[str, Any] = {"models": [], "test": [], "service": {}}
    for name, history in _histories(data, shops):
        evaluation = roll(history, seed=1)
        found["models"].append({"data": name, **_figures(evaluation)})
        found["test"].append({"data": name, **_resampled(evaluation)})
        print(json.dumps(found["models"][-1]))
        print(json.dumps(found["test"][-1]))
    found["service"] = _measure_service()
    print(json.dumps(found["service"]))
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n")


def _histories(data: Path | None, shops: int) -> Iterator[tuple[str, History]]:
    if data is not None:
        yield data.name, read_folder(data)
        return
    yield "1,000 users, seed 2024", _simulated(2024, 1_000)
    for seed in range(1, shops + 1):
        yield f"200 users, seed {seed}", _simulated(seed, 200)


def _simulated(seed: int, users: int) -> History:
    return read_data_object(generate_shop(seed, users).data_object())


def _figures(evaluation: Evaluation) -> dict[str, float]:
    """The figures of C, against the bars: at most 0.75 and 0.89, at least 0.50 and 0.35."""
    c = next(found for found in score(evaluation, seed=1) if found.name == "C")
    return {
        "to_trend": round(c.to_trend, 3),
        "to_constant": round(c.to_constant, 3),
        "spearman": round(c.spearman.value, 3),
        "top_share": round(c.top_share.value, 3),
    }


def _resampled(evaluation: Evaluation) -> dict[str, float]:
    """Share of resamples of the users in which the winner over all is found: by its mean, and significantly."""
    generator = np.random.default_rng(11)
    errors, users = evaluation.squared_errors(), len(evaluation.spent)
    counts: dict[str, int] = {}
    for _ in range(RESAMPLES):
        chosen, half = generator.integers(users, size=users), generator.random(users) < 0.5
        for one, other in (("A", "C"), ("A", "B")):
            winner = min((one, other), key=lambda name: errors[name].mean())
            first, second = errors[one][chosen], errors[other][chosen]
            paired = compare_paired({one: first, other: second})
            split = compare_split({one: first[half], other: second[~half]})
            for kind, pairs in (("paired", paired), ("split", split)):
                right = bool(pairs) and pairs[0].better == winner
                for how, counted in ((kind, right), (f"{kind}_significant", right and pairs[0].significant)):
                    key = f"{one}_{other}_{how}"
                    counts[key] = counts.get(key, 0) + int(counted)
    return {name: count / RESAMPLES for name, count in counts.items()}


def _measure_service() -> dict[str, Any]:
    """Seconds of a request on one core (of the clock, and of the core itself), twenty at once, and memory."""
    document = generate_shop(1, 200, months=15).data_object()
    document["sessions"] = document["sessions"][:EVENTS]
    body = json.dumps(document).encode()
    parse_s = min(timeit.repeat(lambda: json.loads(body), gc.enable, repeat=10, number=1))
    with _serving() as (address, process):
        expected = _post(address, body)
        before_s = _cpu_s(process)
        seconds = timeit.repeat(lambda: _post(address, body), gc.enable, repeat=REQUESTS, number=1)
        cpu_s = (_cpu_s(process) - before_s) / REQUESTS
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = time.perf_counter()
            waiting = [pool.submit(_post, address, body) for _ in range(AT_ONCE)]
            peak = _peak_mb(process, waiting)
            together_s = time.perf_counter() - started
        right = sum(answer.result() == expected for answer in waiting)
    return {
        "events": len(document["sessions"]),
        "mb": round(len(body) / 1e6, 2),
        "median_s": round(statistics.median(seconds), 3),
        "worst_s": round(max(seconds), 3),
        "cpu_s": round(cpu_s, 3),
        "times_json_loads": round(cpu_s / parse_s, 1),
        "at_once": AT_ONCE,
        "at_once_s": round(together_s, 2),
        "at_once_right": right,
        "peak_mb": round(peak),
    }


@contextmanager
def _serving() -> Iterator[tuple[str, psutil.Process]]:
    """A service on SQLite that may use one core."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "liftstream.cli", "spending", "serve", "--port", "0"]
        environment = {**os.environ, "LIFTSTREAM_SPENDING__DATABASE": f"sqlite:///{folder}/spending.db"}
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=environment
        )
        assert server.stdout is not None  # noqa: S101 - it is a pipe
        address = server.stdout.readline().strip()
        process = psutil.Process(server.pid)
        process.cpu_affinity([0])
        try:
            yield address, process
        finally:
            server.terminate()
            server.wait(timeout=30)


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _peak_mb(process: psutil.Process, waiting: Sequence[Any]) -> float:
    peak = 0.0
    while not all(answer.done() for answer in waiting):
        peak = max(peak, process.memory_info().rss / 2**20)
        time.sleep(0.005)
    return peak


def _post(address: str, body: bytes) -> Any:
    request = Request(f"{address}/predict", body, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=120) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read())


if __name__ == "__main__":
    main()
