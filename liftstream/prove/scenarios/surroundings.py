"""Faults of disks, topics and models."""

from liftstream.prove.case import STEADY_PER_SECOND, Case
from liftstream.prove.scenario import scenario

FULL_AT = 100_000
REFUSES_WITHIN_S = 45.0


@scenario("the disk of the side output takes no more bytes, and then does again")
def side_output_on_a_full_disk(case: Case) -> None:
    with case.under_load():
        with case.fault("no file may grow; later it may"):
            case.workers.limit_files(FULL_AT)
            case.until_red()
            case.wait(1, 5)
            case.workers.limit_files(None)
        case.recover()


@scenario("the folder of the side output is read-only, and then is not", quick=True)
def side_output_read_only(case: Case) -> None:
    worker = case.workers.start()
    case.until("the worker has started", lambda: worker.event("assigned"))
    folder = case.folder / "side-output"
    with case.fault("the side output is read-only; later it is not"):
        folder.chmod(0o555)
        case.feeder.backlog(case.pairs)
        case.until_red()
        case.wait(1, 3)
        folder.chmod(0o755)
    with case.feeder.steady(STEADY_PER_SECOND):  # a second backlog would be late: time has gone on
        case.recover()
    case.drain()


@scenario("SIGKILL while the side output is a topic", side_output_in_topic=True)
def side_output_in_a_topic(case: Case) -> None:
    with case.under_load():
        case.wait(1, 3)
        with case.fault("SIGKILL; another is started"):
            case.workers.kill()
            case.workers.start()
        case.recover()


@scenario("topics with 3 and 5 partitions: a second worker must refuse", partitions=3, historic=5)
def unequal_partition_counts(case: Case) -> None:
    _one_for_all(case)


@scenario("topics whose records have no keys: a second worker must refuse", keyed=False)
def topics_without_keys(case: Case) -> None:
    _one_for_all(case)


def _one_for_all(case: Case) -> None:
    case.feeder.backlog(case.pairs)
    with case.under_load():
        case.tell("a second worker is started")
        case.workers.start_in_vain(REFUSES_WITHIN_S)
        with case.fault("SIGKILL of the first; another is started"):
            case.workers.kill()
            case.workers.start()
        case.recover()


@scenario("the model's file is replaced by a broken, an unfitting and a good one under load", quick=True)
def model_replaced_under_load(case: Case) -> None:
    with case.under_load() as worker:
        for what, text in (
            ("cut in half", case.stream.document()[: len(case.stream.document()) // 2]),
            ("that needs a field which no topic has", case.stream.document(needs=["foreign"])),
        ):
            case.tell(f"a model {what}")
            case.replace_model(text)
            case.until(
                "the worker says so",
                lambda: '"notes": []' not in (worker.get("/ready") or (0, '"notes": []'))[1],
            )
            case.wait(0.5, 1.5)
        case.tell("a model that decides the opposite")
        case.feeder.either = True
        case.wait(1.5, 2)  # clients who were drawn before are decided before
        case.replace_model(case.stream.document(inverse=True))
        case.until("the model is swapped", lambda: worker.metric("model_swaps_total"))
        case.feeder.either, case.feeder.inverse = False, True
        case.wait(1, 3)
