"""Brokers and networks that fail, and refuse what they are given."""

from liftstream.broker.rights import configure_topic, delete_records, delete_topics
from liftstream.prove.case import Case
from liftstream.prove.case_options import PARTITIONS
from liftstream.prove.scenario import scenario
from liftstream.prove.traffic.manifest import Gone

BURST = 500


@scenario("the broker is killed under load, and comes back seconds later", quick=True, alone=True)
def broker_killed_and_back(case: Case) -> None:
    with case.under_load():
        case.wait(1, 3)
        with case.fault("the broker is killed, and back after some seconds"):
            case.broker.kill()
            case.wait(2, 8)
            case.broker.start()
        case.recover()


@scenario("the broker is frozen past the session time-out", alone=True)
def broker_paused_past_the_session_timeout(case: Case) -> None:
    with case.under_load():
        with case.fault("the broker stands still for longer than the session time-out"):
            case.broker.pause()
            case.wait(12, 16)
            case.broker.resume()
        case.recover()


@scenario("the worker starts before the broker", alone=True)
def broker_not_there_yet(case: Case) -> None:
    case.feeder.backlog(case.pairs)
    with case.fault("a worker starts while there is no broker"):
        case.broker.kill()
        case.workers.start()
        case.wait(3, 6)
        case.until_red()
        case.broker.start()
    case.recover()
    case.drain()


@scenario("every packet may be late and every connection is reset again and again", door="network")
def slow_and_resetting_network(case: Case) -> None:
    with case.under_load():
        with case.fault("a network that delays, and resets connections"):
            case.network.delay_s, case.network.reset_chance = 0.1, 0.02
            for _ in range(4):
                case.wait(2, 5)
                case.network.reset_all()
            case.network.heal()
        case.recover()


@scenario(
    "the right to write is taken away, and given back; the worker has only the three rights it needs",
    quick=True,
    door="secured",
)
def write_refused_by_acl(case: Case) -> None:
    with case.under_load():
        with case.fault("WRITE is revoked, and granted again"):
            case.entrance.revoke_write()
            case.until_red()
            case.wait(1, 5)
            case.entrance.grant()
        case.recover()


@scenario("the rights to read the group and a topic are taken away, and given back", door="secured")
def read_refused_by_acl(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        case.until("the first commit", lambda: case.verifier.ask("committed")["offsets"])
        for what in ({"group": case.group}, {"topic": case.kafka.topic_historic}):
            with case.fault(f"READ on {' '.join(*what.items())} is revoked, and granted again"):
                case.entrance.revoke_read(**what)
                case.until_red()
                case.wait(1, 15)
                case.entrance.grant()
            case.recover()
            case.until_ready()
    case.drain()


@scenario("the prediction topic is deleted, and made again")
def topic_deleted(case: Case) -> None:
    case.workers.start()
    case.feeder.backlog(case.pairs)
    case.drain()
    with case.fault("the prediction topic is deleted, and made again"):
        delete_topics(case.broker.bootstrap, [case.kafka.topic_prediction])
        case.feeder.backlog(case.pairs)
        case.until_red()
        case.wait(1, 5)
        case.verifier.ask("look_away")
        case.create_prediction_topic()
    case.verifier.ask("reopen")
    case.feeder.backlog(case.pairs)  # those before may all be answered by now
    case.recover()
    case.drain()


@scenario("the prediction topic takes no record of this size, and then does again")
def message_too_large(case: Case) -> None:
    with case.under_load():
        with case.fault("the largest record is smaller than a prediction, and then as before"):
            configure_topic(case.broker.bootstrap, case.kafka.topic_prediction, {"max.message.bytes": "80"})
            case.until_red()
            case.wait(1, 5)
            configure_topic(
                case.broker.bootstrap, case.kafka.topic_prediction, {"max.message.bytes": "1048588"}
            )
        case.recover()


@scenario("retention takes input that nobody has read", quick=True)
def offsets_gone_by_retention(case: Case) -> None:
    case.workers.start()
    case.feeder.backlog(case.pairs)
    case.drain()
    case.workers.terminate()
    committed = case.verifier.ask("committed")["offsets"]
    case.feeder.backlog(case.pairs)
    with case.fault("retention takes a part of what is new"):
        lost = 0
        for side, topic in enumerate((case.kafka.topic_demographic, case.kafka.topic_historic)):
            before = {
                number: committed[f"{side}/{number}"] + case.rng.randint(1, case.pairs // (2 * PARTITIONS))
                for number in range(PARTITIONS)
            }
            lost += sum(before[number] - committed[f"{side}/{number}"] for number in before)
            delete_records(case.broker.bootstrap, topic, before)
            for number, offset in before.items():
                case.feeder.note(Gone(side, number, offset))
        worker = case.workers.start()
    case.drain()
    case.tell(f"{lost} records were taken")
    case.expect("records lost by retention, as the worker counts", worker.metric("records_lost_total"), lost)


@scenario(
    "200 partitions a topic and two workers: bursts through a slow network, where no half may be late that was in time",
    alone=True,
    door="network",
    partitions=200,
    window_s=5,
)
def many_partitions(case: Case) -> None:
    case.workers.start(2)
    with case.traffic():
        case.until_answering()
        case.wait(3, 5)
        with case.fault("a slow network, and bursts"):
            case.network.delay_s = 0.1
            for _ in range(3):
                case.feeder.backlog(BURST)
                case.wait(1, 3)
            case.network.heal()
        case.recover()
    case.drain()
