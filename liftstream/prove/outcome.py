"""The outcome of a scenario: the invariant table, with the verifier's checks and those of the harness."""

from dataclasses import asdict, dataclass, field
from typing import Any

from liftstream.prove.case import RESTART_WITHIN_S, TOKEN, Case
from liftstream.prove.entrance import PASSWORD
from liftstream.prove.verifier.judging import Invariant
from liftstream.prove.workers import WorkerProcess

MOST_MEMORY_MB = 250
MOST_FILE_MB = 70
"""A file of the side output is closed at 64 MiB; state files and logs stay far below."""

OVERLAPPING = "is overlapping"
"""Part of a message of Faust's timers that they are late, as when a commit begins before the last one is answered."""


@dataclass
class ScenarioOutcome:
    """One scenario's result.

    Attributes:
        checks: the invariant table.
        schedule: what was done when, repeated by the same seed.
        restart_s: the longest time from a fault's end until every partition had new answers.
        faults: what was done, when it began and was over, and the seconds from then to new answers.
        newly_answered: clients who got their first answer, in every second from the beginning.
    """

    scenario: str
    seed: int
    checks: list[dict[str, Any]] = field(default_factory=list)
    schedule: list[str] = field(default_factory=list)
    sent: int = 0
    answers: int = 0
    put_aside: int = 0
    repeated: int = 0
    restart_s: float | None = None
    memory_mb: int = 0
    seconds: float = 0
    kept: str | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)
    newly_answered: list[int] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every invariant held."""
        return not any(check["broken"] for check in self.checks)

    def broken(self, *names: str) -> int:
        """How often the invariants of these names were broken."""
        return sum(check["broken"] for check in self.checks if check["invariant"] in names)

    def to_dict(self) -> dict[str, Any]:
        """The outcome for `--json`."""
        return asdict(self) | {"passed": self.passed}


def conclude(case: Case, seconds: float) -> ScenarioOutcome:
    """Asks everyone, stops the workers, and writes the table."""
    balance = check_balance(case.workers.running)
    case.workers.close()
    found = case.verifier.ask("verdict")
    restarts = found["restarts"]
    checks = [
        *found["checks"],
        balance.to_dict(),
        check_processes(case).to_dict(),
        check_bounds(case).to_dict(),
        check_secrets(case).to_dict(),
        check_restarts(restarts).to_dict(),
    ]
    times = [one["seconds"] for one in restarts if one["seconds"] is not None]
    peak = max((worker.peak_kb for worker in case.workers.all), default=0)
    passed = not any(check["broken"] for check in checks)
    return ScenarioOutcome(
        scenario=case.name,
        seed=case.seed,
        checks=checks,
        schedule=case.schedule,
        sent=found["sent"],
        answers=found["answers"],
        put_aside=found["put_aside"],
        repeated=found["repeated"],
        restart_s=max(times, default=None),
        memory_mb=round(peak / 1024),
        seconds=round(seconds, 1),
        kept=None if passed else str(case.folder),
        faults=restarts,
        newly_answered=found["newly_answered"],
    )


def gave_up(case: Case, seconds: float, error: Exception) -> ScenarioOutcome:
    """The outcome of a scenario that could not be played to its end."""
    check = Invariant("the scenario was played to its end")
    check.breaks(f"{type(error).__name__}: {error}")
    return ScenarioOutcome(
        case.name,
        case.seed,
        [check.to_dict()],
        case.schedule,
        seconds=round(seconds, 1),
        kept=str(case.folder),
    )


def check_balance(workers: list[WorkerProcess]) -> Invariant:
    """Whether read = 2 joined + put aside + waiting + returned, by the counts of every living worker."""
    check = Invariant("read = 2 joined + put aside + waiting + returned")
    for worker in workers:
        counts = [
            worker.metric(name)
            for name in (
                "records_read_total",
                "pairs_joined_total",
                "records_put_aside_total",
                "halves_waiting",
                "halves_returned_total",
            )
        ]
        if None in counts:
            check.breaks(f"worker {worker.number} does not tell its metrics")
            continue
        read, joined, aside, waiting, returned = (int(count or 0) for count in counts)
        sums = f"{read:,} = 2 x {joined:,} + {aside:,} + {waiting:,} + {returned:,}"
        if read != 2 * joined + aside + waiting + returned:
            check.breaks(f"worker {worker.number}: {sums}")
        check.said = sums if not check.said else f"{check.said}; {sums}"
    return check


def check_processes(case: Case) -> Invariant:
    """Whether everything was done in time, and every worker ended as requested."""
    check = Invariant("every process made progress or ended")
    for wrong in case.wrong + case.workers.wrong:
        check.breaks(wrong)
    for worker in case.workers.all:
        if any(OVERLAPPING in event["event"] for event in worker.events()):
            check.breaks(f"worker {worker.number}: something began while it was under way already")
    check.said = f"{len(case.workers.all)} runs, {case.workers.restarts} of them restarts unasked"
    return check


def check_bounds(case: Case) -> Invariant:
    """Whether memory and files stayed within bounds."""
    check = Invariant("memory and files are bounded")
    for worker in case.workers.all:
        if worker.peak_kb > 1024 * MOST_MEMORY_MB:
            check.breaks(f"worker {worker.number} had {worker.peak_kb // 1024} MB")
    sizes = {
        path: path.stat().st_size
        for path in case.folder.rglob("*")
        if path.is_file() and path.name != "manifest.jsonl"
    }
    for path, size in sizes.items():
        if size > MOST_FILE_MB * 1024 * 1024:
            check.breaks(f"{path.name} has {size >> 20} MB")
    peak = max((worker.peak_kb for worker in case.workers.all), default=0)
    check.said = f"{peak // 1024} MB of memory, largest file {max(sizes.values(), default=0) / 1e6:.1f} MB"
    return check


def check_secrets(case: Case) -> Invariant:
    """Whether neither token nor password is in any log or in the side output."""
    check = Invariant("no secret in a log or in the side output")
    files = [*case.folder.glob("worker-*.log"), *(case.folder / "side-output").iterdir()]
    for path in files:
        if any(secret.encode() in path.read_bytes() for secret in (TOKEN, PASSWORD)):
            check.breaks(path.name)
    check.said = f"{len(files)} files"
    return check


def check_restarts(restarts: list[dict[str, Any]]) -> Invariant:
    """Whether all partitions had new answers within the session timeout and 5 s after every fault."""
    check = Invariant(f"new answers within {RESTART_WITHIN_S:g} s after every fault")
    for one in restarts:
        if one["seconds"] is None or one["seconds"] > RESTART_WITHIN_S:
            check.breaks(f"{one['what']}: {one['seconds']} s")
    check.said = ", ".join(f"{one['seconds']} s" for one in restarts) or "no fault is felt"
    return check
