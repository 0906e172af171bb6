"""Topics as others write them: compressed, in transactions, with records that are too large for the side output."""

from liftstream.broker.rights import configure_topic
from liftstream.prove.case import Case
from liftstream.prove.scenario import scenario
from liftstream.prove.traffic.feeder import now_ms

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
