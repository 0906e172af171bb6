"""Input that is broken, incomplete, duplicated, old, or from another time."""

from liftstream.prove.case import Case
from liftstream.prove.case_options import WINDOW_S
from liftstream.prove.scenario import scenario
from liftstream.prove.scenarios.deaths import send_both
from liftstream.prove.traffic.arithmetic import AGE_WITHOUT_SCORE
from liftstream.prove.traffic.poison import POISON, TOO_LARGE
from liftstream.service.clock import now_ms

WINDOW_MS = round(1000 * WINDOW_S)
DAY_MS = 86_400_000


@scenario("records of every unreadable kind among good ones, and odd ones that must be read", quick=True)
def poison(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        for one in [*POISON, TOO_LARGE]:
            for side in (0, 1):
                case.feeder.send(side, None, one.value, now_ms(), "invalid")
        case.tell(f"{len(POISON) + 1} kinds of unreadable records on both topics")
        for uuid in case.feeder.draw(50).uuids:
            demographic, historic = case.stream.odd_halves(uuid)
            index = uuid % len(demographic)
            case.feeder.send(0, uuid, demographic[index], now_ms(), "half", (0,))
            case.feeder.send(1, uuid, historic[-1 - index], now_ms(), "half", (0,))
        send_both(case, case.feeder.draw(20, AGE_WITHOUT_SCORE), "unscored")
        case.tell("50 clients with odd records, 20 that the model cannot score")
        case.wait(2, 4)
    case.drain()


@scenario("clients of whom only one half ever comes")
def one_half_missing(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        clients = case.feeder.draw(1000)
        for index in range(len(clients)):
            case.feeder.send_half(index % 2, clients, index, now_ms())
        case.tell(f"{len(clients)} halves without a partner")
        case.wait(2, 4)
    case.drain()


@scenario("halves one ms less, exactly, and one ms more than the window apart, in both orders", quick=True)
def halves_at_the_edge_of_the_window(case: Case) -> None:
    case.workers.start()
    case.feeder.backlog(case.pairs)
    case.until_answering()
    clients, begin = case.feeder.draw(300), now_ms()
    planned = []
    for index in range(len(clients)):
        first, apart = index % 2, WINDOW_MS + (index // 2) % 3 - 1
        planned += [(begin + 3 * index, first, index), (begin + 3 * index + apart, 1 - first, index)]
    for stamp_ms, side, index in sorted(
        planned
    ):  # in this order in the log, too: nothing else is sent meanwhile
        case.wait_until(stamp_ms)
        case.feeder.send_half(side, clients, index, stamp_ms)
    case.tell("300 clients with their halves W - 1, W and W + 1 ms apart")
    case.feeder.flush()
    case.drain()


@scenario("halves sent two and three times, on either side and on both")
def duplicates(case: Case) -> None:
    with case.under_load():
        clients = case.feeder.draw(300)
        for index in range(len(clients)):
            for side in ((0, 0, 1), (0, 1, 1), (0, 0, 1, 1), (1, 1, 1, 0))[index % 4]:
                case.feeder.send_half(side, clients, index, now_ms())
        case.tell("300 clients with halves sent several times")
        case.wait(2, 4)


@scenario("the same clients come again, changed, some seconds later")
def the_same_client_again(case: Case) -> None:
    with case.under_load():
        clients = case.feeder.draw(300)
        for visit in range(3):
            case.tell(f"300 clients, visit {visit + 1}")
            send_both(case, clients)
            clients = case.feeder.draw_again(clients)
            case.wait(2.2 * WINDOW_S, 2.5 * WINDOW_S)


@scenario("a backlog in which the same clients come again: every visit is answered")
def the_same_client_again_in_a_backlog(case: Case) -> None:
    apart_ms = 3 * WINDOW_MS
    begin = now_ms() - 4 * apart_ms
    visits = [case.feeder.draw(1000)]
    visits += [case.feeder.draw_again(visits[0]) for _ in range(2)]
    for visit, clients in enumerate(visits):
        for index in range(len(clients)):
            for side in (0, 1):
                case.feeder.send_half(side, clients, index, begin + apart_ms * visit + 10 * index)
    case.feeder.flush()
    case.tell(f"1,000 clients, 3 visits {3 * WINDOW_S:g} s apart, all in the log at once")
    case.workers.start()
    case.drain()


@scenario("records of last month, then today's")
def replay_of_last_month(case: Case) -> None:
    case.feeder.backlog(case.pairs, until_ms=now_ms() - 30 * DAY_MS)
    case.tell(f"{case.pairs:,} pairs of last month")
    case.workers.start()
    case.drain()
    with case.traffic():
        case.wait(3, 5)
    case.drain()


def tomorrow() -> int:
    """The time in 24 hours, in ms since 1970."""
    return now_ms() + DAY_MS


@scenario("event times of 0 and from the future, and a worker killed meanwhile")
def timestamps_of_zero_and_in_the_future(case: Case) -> None:
    with case.under_load():
        zero, future, torn = case.feeder.draw(5), case.feeder.draw(200), case.feeder.draw(100)
        send_both(case, zero, stamp_ms=lambda: 0)
        case.tell("5 clients at time 0, 200 from tomorrow, 100 with one half from tomorrow")
        send_both(case, future, stamp_ms=tomorrow)
        for index in range(len(torn)):
            case.feeder.send_half(0, torn, index, now_ms())
            case.feeder.send_half(1, torn, index, tomorrow())
        case.wait(1, 2)
        with case.fault("SIGKILL; another is started"):
            case.workers.kill()
            case.workers.start()
        send_both(case, case.feeder.draw(50))
        send_both(case, case.feeder.draw(200), stamp_ms=tomorrow)
        case.tell("200 from tomorrow while nobody reads")
        case.recover()
