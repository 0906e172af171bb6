"""Workers that die, are told to end, or are frozen."""

from liftstream.prove.case import Case
from liftstream.prove.scenario import scenario


@scenario("SIGKILL twice while a backlog is joined; a new worker takes over", quick=True)
def kill_in_a_batch(case: Case) -> None:
    case.workers.start()
    with case.traffic():
        case.until_answering()
        for _ in range(2):
            case.wait(0.5, 3)
            with case.fault("SIGKILL; started again"):
                case.workers.kill()
                case.workers.start()
            case.recover()
    case.drain()
