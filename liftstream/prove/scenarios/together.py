"""Several faults at once, as a bad night has them."""

from collections.abc import Callable
from typing import Final

from liftstream.broker.rights import configure_topic
from liftstream.prove.case import Case
from liftstream.prove.case_options import PARTITIONS
from liftstream.prove.scenario import scenario
from liftstream.prove.scenarios.topics import CODECS, roll_back

ROUNDS: Final = 3
WORKERS: Final = 2


@scenario(
    "workers killed, stopped and frozen, transactions, codecs and new partitions, in an order that the seed decides and"
    " each before the last one is over",
    window_s=10,
)
def faults_together(case: Case) -> None:
    case.workers.start(WORKERS)
    more = iter(range(PARTITIONS + 1, PARTITIONS + 1 + ROUNDS))

    def add_partitions(case: Case) -> None:
        case.add_partitions(dict.fromkeys(case.inputs, next(more)))

    with case.traffic():
        case.until_answering()
        for _ in range(ROUNDS):
            faults: list[Callable[[Case], None]] = [*FAULTS, add_partitions]
            case.rng.shuffle(faults)
            for fault in faults:
                case.tell(fault.__name__.strip("_").replace("_", " "))
                fault(case)
                case.wait(0, 3)
        with case.fault("the last change: all workers are there"):
            case.workers.start(WORKERS - len(case.workers.running))
        case.recover()
    case.drain()


def _kill(case: Case) -> None:
    case.workers.kill(case.rng.choice(case.workers.running))
    case.workers.start()


def _stop(case: Case) -> None:
    case.workers.terminate(case.rng.choice(case.workers.running))
    case.workers.start()


def _freeze(case: Case) -> None:
    worker = case.rng.choice(case.workers.running)
    case.workers.pause(worker)
    case.wait(1, 14)
    case.workers.resume(worker)


def _compress(case: Case) -> None:
    for topic in case.inputs:
        configure_topic(case.broker.bootstrap, topic, {"compression.type": case.rng.choice(CODECS)})


def _roll_back(case: Case) -> None:
    roll_back(case, 0, 7)


FAULTS: Final = (_kill, _stop, _freeze, _compress, _roll_back)
