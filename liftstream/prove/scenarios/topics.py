"""Topics as others write and change them: compressed, in transactions, with records that are too large, with more
partitions."""

from liftstream.broker.rights import configure_topic
from liftstream.prove.case import Case
from liftstream.prove.case_options import PARTITIONS
from liftstream.prove.scenario import scenario
from liftstream.prove.workers import WorkerProcess
from liftstream.service.clock import now_ms

CODECS = ("gzip", "snappy", "lz4", "zstd", "uncompressed")
IN_ONE_TRANSACTION = 100
TRANSACTIONS = 8
TOO_LARGE = 900_000


@scenario("both topics are compressed, by one codec after the other, under load", quick=True)
def compressed_topics(case: Case) -> None:
    with case.under_load():
        for codec in CODECS:
            case.tell(f"from now on {codec}")
            for topic in case.inputs:
                configure_topic(case.broker.bootstrap, topic, {"compression.type": codec})
            case.wait(2, 4)


@scenario(
    "producers with transactions: committed, rolled back with other values, and one that stays open for a while",
    quick=True,
)
def transactions(case: Case) -> None:
    with case.under_load() as worker:
        for _ in range(TRANSACTIONS):
            roll_back(case, 0.1, 1)
        case.tell("a transaction stays open for longer than the window")
        with case.feeder.transaction(commit=True) as send:
            send(case.feeder.draw(IN_ONE_TRANSACTION))
            case.wait(4, 7)
    case.until("no lag", lambda: worker.metric("lag_records") == 0, within_s=15)
    case.until("ready", lambda: (worker.get("/ready") or (0, ""))[0] == 200, within_s=15)


def roll_back(case: Case, least_s: float, most_s: float) -> None:
    """Clients with other values in a transaction that is rolled back; then their own, in one that is open for a while."""
    clients = case.feeder.draw(IN_ONE_TRANSACTION)
    with case.feeder.transaction(commit=False) as send:
        send(case.feeder.draw_again(clients))
    with case.feeder.transaction(commit=True) as send:
        send(clients)
        case.wait(least_s, most_s)


@scenario("records too large for the side output's topic", side_output_in_topic=True)
def too_large_for_the_side_output(case: Case) -> None:
    with case.under_load():
        for _ in range(6):
            value = case.rng.randbytes(TOO_LARGE)
            case.feeder.send(case.rng.randrange(2), None, value, now_ms(), "invalid")
            case.wait(0.5, 1)


@scenario(
    "partitions are added to one topic under load, so that halves of a client lie in two numbers", window_s=10
)
def partitions_added_to_one_topic(case: Case) -> None:
    with case.under_load():
        case.wait(1, 3)
        with case.fault("the historic topic gets more partitions"):
            case.add_partitions({case.kafka.topic_historic: PARTITIONS + case.rng.randint(1, 3)})
        case.wait(8, 12)


@scenario(
    "partitions are added to both topics under load, while two workers that began at the end share them",
    start="latest",
    window_s=10,
)
def partitions_added_to_both_topics(case: Case) -> None:
    case.workers.start(2)
    case.until_ready()
    with case.traffic():
        case.until("both workers read", lambda: all(map(_reads, case.workers.running)))
        case.wait(1, 3)
        with case.fault("both topics get more partitions"):
            case.add_partitions(dict.fromkeys(case.inputs, PARTITIONS + case.rng.randint(2, 4)))
        case.wait(8, 12)
    case.drain()


def _reads(worker: WorkerProcess) -> bool:
    return bool(worker.metric("partitions_assigned"))
