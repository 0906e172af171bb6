"""Polls as Faust's scheduler hands them on."""

from liftstream.service.kafka.aiokafka.lean_records import PolledRecords, fetch_of
from liftstream.service.kafka.polls import PollScheduler
from tests.pipeline.offline import DEMOGRAPHIC, HISTORIC, Record
from tests.pipeline.offline import polled as polled_records

NOTHING = PolledRecords(fetch_of([]), 7, 7)


def records(offsets: list[int]) -> PolledRecords:
    return polled_records(*(Record(at, 1000 + at, b"%d" % at, b"value") for at in offsets))


def test_a_poll_is_one_event_with_the_records_of_all_its_partitions() -> None:
    polled = {HISTORIC: NOTHING, DEMOGRAPHIC: records([7, 8]), HISTORIC._replace(partition=3): records([1])}
    ((partition, event),) = PollScheduler().iterate(polled)
    assert (event.topic, event.partition) == partition == DEMOGRAPHIC
    assert event.value == {name: found for name, found in polled.items() if found}


def test_who_looks_at_single_records_of_a_poll_finds_what_aiokafka_calls_them() -> None:
    """The same process reads the newest records, to see how they are keyed."""
    assert [(one.offset, one.timestamp, one.key, one.value) for one in records([7, 9])] == [
        (7, 1007, b"7", b"value"),
        (9, 1009, b"9", b"value"),
    ]


def test_a_poll_without_records_is_no_event() -> None:
    assert list(PollScheduler().iterate({DEMOGRAPHIC: NOTHING})) == []
    assert list(PollScheduler().iterate({})) == []


def test_no_poll_stands_before_another_so_that_faust_drops_none_with_all_its_partitions() -> None:
    scheduler = PollScheduler()
    offsets = [
        event.offset
        for first in (500, 3)  # the partition was read again from an earlier offset
        for _, event in scheduler.iterate({DEMOGRAPHIC: records([first]), HISTORIC: records([first])})
    ]
    assert offsets == sorted(offsets)
