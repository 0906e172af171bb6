"""Workers that are killed, stopped, frozen, started and replaced."""

import time
from collections.abc import Callable

from liftstream.prove.case import Case
from liftstream.prove.scenario import scenario
from liftstream.prove.traffic.clients import DrawnClients
from liftstream.prove.traffic.manifest import Kind
from liftstream.prove.worker import AGE_OF_FAILURE
from liftstream.service.clock import now_ms

COME_AND_GO_S = 120.0
MOST_WORKERS = 3


@scenario("SIGKILL twice while a backlog is joined; a new worker takes over", quick=True)
def kill_in_a_batch(case: Case) -> None:
    with case.under_load():
        for _ in range(2):
            case.wait(0.5, 3)
            with case.fault("SIGKILL; another is started"):
                case.workers.kill()
                case.workers.start()
            case.recover()


@scenario("SIGTERM under load, twice; a new worker goes on")
def terminate(case: Case) -> None:
    _terminate(case, rounds=2, times=1)


@scenario("two SIGTERM within a second, under load; a new worker goes on", quick=True)
def terminate_twice_within_a_second(case: Case) -> None:
    _terminate(case, rounds=1, times=2)


def _terminate(case: Case, rounds: int, times: int) -> None:
    with case.under_load():
        for _ in range(rounds):
            case.wait(0.5, 3)
            with case.fault(f"SIGTERM{' twice' if times == 2 else ''}; another is started"):
                case.workers.terminate(times=times)
                case.workers.start()
            case.recover()


@scenario("SIGKILL after predictions are acknowledged and before their input is committed", quick=True)
def die_between_write_and_commit(case: Case) -> None:
    _die(case, "between-write-and-commit")


@scenario("SIGKILL after a commit and before the next fetch")
def die_between_commit_and_next_fetch(case: Case) -> None:
    _die(case, "between-commit-and-next-fetch")


@scenario("SIGKILL at the first commit of all, after the first answers")
def die_before_any_commit(case: Case) -> None:
    _die(case, "before-any-commit")


def _die(case: Case, point: str) -> None:
    case.workers.start(point=point)
    with case.traffic():
        case.until("the worker died at its point", lambda: case.workers.restarts)
        case.recover()
    case.drain()


@scenario("the scorer raises for every batch that holds a certain client's record", quick=True)
def scorer_raises_on_one_record(case: Case) -> None:
    case.workers.start(point="scorer-raises")
    with case.traffic():
        case.until_answering()
        for _ in range(3):
            case.tell("a record at which the scorer raises")
            send_both(case, case.feeder.draw(1, AGE_OF_FAILURE), "unscored")
            case.wait(1, 2)
    case.drain()
    case.expect("restarts", case.workers.restarts, 0)


@scenario(
    "SIGSTOP past the session time-out while another worker takes over; then it goes on as a zombie",
    quick=True,
)
def worker_paused_past_the_session_timeout(case: Case) -> None:
    with case.under_load() as frozen:
        with case.fault("SIGSTOP; another worker is started"):
            case.workers.pause(frozen)
            case.workers.start()
        case.recover()
        case.wait(1, 3)
        with case.fault("SIGCONT"):
            case.workers.resume(frozen)
        case.wait(1, 3)
        case.recover()


@scenario("up to three workers start, are killed and stopped every few seconds for two minutes")
def three_workers_come_and_go(case: Case) -> None:
    case.workers.start(MOST_WORKERS)
    end = time.monotonic() + COME_AND_GO_S
    with case.traffic():
        case.until_answering()
        while time.monotonic() < end:
            case.wait(2, 6)
            _come_or_go(case)
        with case.fault("the last change: three are there"):
            case.workers.start(MOST_WORKERS - len(case.workers.running))
        case.recover()
    case.drain()


def _come_or_go(case: Case) -> None:
    running = case.workers.running
    choice = case.rng.choice(["kill", "stop", "start"])
    if len(running) < 2 or (choice == "start" and len(running) < MOST_WORKERS):
        case.tell("one more starts")
        case.workers.start()
        return
    worker = case.rng.choice(running)
    case.tell(f"worker {worker.number}: {'SIGTERM' if choice == 'stop' else 'SIGKILL'}")
    (case.workers.terminate if choice == "stop" else case.workers.kill)(worker)


def send_both(
    case: Case, clients: DrawnClients, kind: Kind = "half", stamp_ms: Callable[[], int] = now_ms
) -> None:
    """Sends both halves of clients now; `stamp_ms` gives their event times."""
    for index in range(len(clients)):
        for side in (0, 1):
            case.feeder.send_half(side, clients, index, stamp_ms(), kind)
    case.feeder.flush()
