"""The workers of a case as processes: start, kill, pause, stop; one that ends unasked is started again, as Compose
does."""

import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import msgspec

from liftstream.broker.leash import Leashed

STOP_WITHIN_S = 10.0
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
LOOK_S = 0.05
MOST_RESTARTS = 5
TERMINATED_AGAIN_S = 0.1
LASTING = frozenset({"scorer-raises"})
"""Points that also apply to a worker that was started again."""
WITHOUT_ROOTS_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Takes root's right to write everywhere from a worker, so that a read-only folder is read-only for it."""


@dataclass
class WorkerProcess:
    """One run of a worker.

    Attributes:
        number: counts the runs of a case.
        exit_code: None while it runs.
        asked: it was told to end, or killed by us.
    """

    number: int
    held: Leashed
    log_file: Path
    point: str = ""
    asked: bool = False
    peak_kb: int = 0
    exit_code: int | None = None

    def events(self) -> list[dict[str, Any]]:
        """The worker's log so far."""
        lines = self.log_file.read_bytes().splitlines(keepends=True)
        return [msgspec.json.decode(line) for line in lines if line.startswith(b"{") and line.endswith(b"\n")]

    def event(self, name: str) -> dict[str, Any] | None:
        """The first line of its log with that name."""
        return next((event for event in self.events() if event["event"] == name), None)

    def get(self, path: str) -> tuple[int, str] | None:
        """Its answer over HTTP; None if it does not answer."""
        started = self.event("started")
        if started is None:
            return None
        connection = HTTPConnection("127.0.0.1", started["port"], timeout=3)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def metric(self, name: str) -> float | None:
        """A metric, summed over its labels."""
        answer = self.get("/metrics")
        if answer is None:
            return None
        lines = [line for line in answer[1].splitlines() if re.match(rf"liftstream_{name}[ {{]", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def note_peak(self) -> None:
        """Notes its peak memory, if the system tells it (Linux)."""
        try:
            found = PEAK.search(Path(f"/proc/{self.held.pid}/status").read_text())
        except OSError:
            return
        if found:
            self.peak_kb = max(self.peak_kb, int(found[1]))


class Workers:
    """All workers of a case.

    Args:
        folder: where they run: logs, side output and state are in it.
        environment: their settings.
        tell: notes what happens in the schedule.
        restarted: hears that a worker which ended unasked was started again.

    Attributes:
        wrong: what was wrong with how workers ended.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        tell: Callable[[str], None],
        restarted: Callable[[str], None],
    ) -> None:
        self.folder, self._tell, self._restarted = folder, tell, restarted
        self.environment = dict(environment)
        self.wrong: list[str] = []
        self.all: list[WorkerProcess] = []
        self.restarts = 0
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._watch.start()

    @property
    def running(self) -> list[WorkerProcess]:
        """The running workers, the oldest first."""
        return [worker for worker in self.all if worker.exit_code is None]

    def start(self, count: int = 1, point: str = "") -> WorkerProcess:
        """Starts workers; returns the last one.

        Args:
            count: how many.
            point: of `liftstream.prove.worker`: where to die or fail.
        """
        with self._lock:
            for _ in range(count):
                self.all.append(self._launch(point))
        return self.all[-1]

    def start_in_vain(self, within_s: float) -> None:
        """Starts a worker that must refuse to serve and end with code 1."""
        with self._lock:
            worker = self.start()
            worker.asked = True
        worker.exit_code = worker.held.wait(within_s)
        worker.held.stop()
        said = worker.log_file.read_text().splitlines()
        self._tell(f"worker {worker.number} ended with {worker.exit_code}: {said[-1] if said else ''}")
        if worker.exit_code != 1:
            self.wrong.append(f"worker {worker.number} had to refuse, and ended with {worker.exit_code}")

    def kill(self, worker: WorkerProcess | None = None) -> WorkerProcess:
        """Kills a worker by SIGKILL; by default the oldest."""
        return self._end(worker or self.running[0], signal.SIGKILL)

    def terminate(self, worker: WorkerProcess | None = None, times: int = 1) -> WorkerProcess:
        """Sends SIGTERM, once or several times within a second; the worker must end by itself, with code 0.

        Where the interpreter was not up yet, the system ends it: nothing was read.
        """
        worker = worker or self.running[0]
        worker.asked = True
        for _ in range(times - 1):
            worker.held.send(signal.SIGTERM)
            time.sleep(TERMINATED_AGAIN_S)
        self._end(worker, signal.SIGTERM)
        too_early = worker.exit_code == -signal.SIGTERM and worker.event("started") is None
        if worker.exit_code != 0 and not too_early:
            self.wrong.append(
                f"worker {worker.number} ended with {worker.exit_code} when it was told to stop"
            )
        return worker

    def pause(self, worker: WorkerProcess) -> None:
        """Freezes it (SIGSTOP)."""
        worker.held.send(signal.SIGSTOP)

    def resume(self, worker: WorkerProcess) -> None:
        """Resumes it."""
        worker.held.send(signal.SIGCONT)

    def limit_files(self, size: int | None) -> None:
        """Limits the size of the workers' files: the system refuses what is more, as on a full disk."""
        for worker in self.running:
            allowed = resource.RLIM_INFINITY if size is None else size
            resource.prlimit(worker.held.pid, resource.RLIMIT_FSIZE, (allowed, resource.RLIM_INFINITY))

    def close(self) -> None:
        """Asks all workers to end."""
        self._closed.set()
        self._watch.join()
        for worker in self.running:
            self.terminate(worker)

    def abandon(self) -> None:
        """Ends all workers by force."""
        self._closed.set()
        self._watch.join()
        for worker in self.all:
            worker.held.stop()

    def _launch(self, point: str) -> WorkerProcess:
        number = len(self.all) + 1
        log_file = self.folder / f"worker-{number}.log"
        module = ["liftstream.prove.worker", point] if point else ["liftstream.cli", "run"]
        command = [sys.executable, "-m", *module]
        if os.geteuid() == 0:
            command = [*WITHOUT_ROOTS_RIGHTS, *command]
        with log_file.open("wb") as log:
            held = Leashed(command, output=log, environment=self.environment, folder=self.folder, grace_s=1)
        return WorkerProcess(number, held, log_file, point)

    def _end(self, worker: WorkerProcess, number: int) -> WorkerProcess:
        worker.asked = True
        worker.note_peak()
        worker.held.send(number)
        code = worker.held.wait(STOP_WITHIN_S)
        if code is None:
            self._tell(f"worker {worker.number} did not end within {STOP_WITHIN_S:g} s")
            worker.held.send(signal.SIGKILL)
            code = worker.held.wait(STOP_WITHIN_S)
        worker.exit_code = code
        worker.held.stop()
        return worker

    def _supervise(self) -> None:
        while not self._closed.wait(LOOK_S):
            with self._lock:
                for worker in self.running:
                    worker.note_peak()
                    if (code := worker.held.exit_code()) is not None and not worker.asked:
                        self._take_over(worker, code)

    def _take_over(self, worker: WorkerProcess, code: int) -> None:
        worker.exit_code = code
        worker.held.stop()
        stopped = worker.event("stopped") or {}
        self._tell(f"worker {worker.number} ended with {code} {stopped.get('why', '')}".rstrip())
        if self.restarts == MOST_RESTARTS:
            self.wrong.append(f"more than {MOST_RESTARTS} restarts")
            return
        self.restarts += 1
        self.all.append(self._launch(worker.point if worker.point in LASTING else ""))
        self._restarted(f"worker {len(self.all)} takes its place")
