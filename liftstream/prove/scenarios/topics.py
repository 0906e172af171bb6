"""Topics as others write and change them: compressed, in transactions, with more partitions, with records that are too large."""

from liftstream.broker.rights import add_partitions, configure_topic
from liftstream.prove.case import PARTITIONS, Case
from liftstream.prove.feeder import now_ms
from liftstream.prove.scenario import scenario

CODECS = ("gzip", "snappy", "lz4", "zstd", "uncompressed")
IN_ONE_TRANSACTION = 100
TRANSACTIONS = 8
TOO_LARGE = 900_000


@scenario("both topics are compressed, by one codec after the other, under load", quick=True)
def compressed_topics(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        case.until_answering()
        for codec in CODECS:
            case.tell(f"from now on {codec}")
            for topic in case.inputs:
                configure_topic(case.broker.bootstrap, topic, {"compression.type": codec})
            case.wait(2, 4)
    case.drain()


@scenario(
    "producers with transactions: committed, rolled back with other values, and one that stays open for a while",
    quick=True,
)
def transactions(case: Case) -> None:
    worker = case.workers.start()
    with case.traffic():
        case.until_answering()
        for _ in range(TRANSACTIONS):
            clients = case.feeder.draw(IN_ONE_TRANSACTION)
            with case.feeder.transaction(commit=False) as send:
                send(case.feeder.draw_again(clients))
            with case.feeder.transaction(commit=True) as send:
                send(clients)
                case.wait(0.1, 1)
        case.tell("a transaction stays open for longer than the window")
        with case.feeder.transaction(commit=True) as send:
            send(case.feeder.draw(IN_ONE_TRANSACTION))
            case.wait(4, 7)
    case.drain()
    case.until("no lag", lambda: worker.metric("lag_records") == 0, within_s=15)
    case.until("ready", lambda: (worker.get("/ready") or (0, ""))[0] == 200, within_s=15)


@scenario("partitions are added to both topics while two workers share them", quick=True, start="latest")
def partitions_added(case: Case) -> None:
    first, second = case.workers.start(), case.workers.start()
    case.until("the first reads from the end", lambda: first.event("assigned"))
    case.until("the second has started", lambda: second.event("started"))
    with case.traffic():
        case.until_answering()
        case.wait(3, 8)
        with case.fault("both topics have more partitions"):
            add_partitions(case.broker.bootstrap, dict.fromkeys(case.inputs, PARTITIONS + 4))
        case.recover()
        case.wait(5, 10)
    case.drain()


@scenario("partitions are added to one of the topics: one worker joins across numbers")
def partitions_added_to_one_topic(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        case.until_answering()
        case.wait(1, 3)
        with case.fault("one topic has more partitions"):
            add_partitions(case.broker.bootstrap, {case.inputs[1]: PARTITIONS + 3})
        case.wait(4, 8)
        case.recover()
    case.drain()


@scenario("records too large for the side output's topic", side_output_in_topic=True)
def too_large_for_the_side_output(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        case.until_answering()
        for _ in range(6):
            value = case.rng.randbytes(TOO_LARGE)
            case.feeder.send(case.rng.randrange(2), None, value, now_ms(), "invalid")
            case.wait(0.5, 1)
    case.drain()
