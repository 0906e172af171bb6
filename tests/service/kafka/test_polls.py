"""Polls as Faust's scheduler hands them on, and records of the consumer as columns, holes in their offsets included."""

import pytest

from liftstream.service.kafka.polls import PollScheduler, fetch_of
from tests.pipeline.offline import DEMOGRAPHIC, HISTORIC, Record


def records(offsets: list[int]) -> list[Record]:
    return [Record(at, 1000 + at, b"%d" % at, b"value") for at in offsets]


@pytest.mark.parametrize("offsets", [[7], [7, 8, 9], [7, 9], [0, 10**15]])
def test_every_record_keeps_its_offset_whatever_is_missing_between(offsets: list[int]) -> None:
    fetch = fetch_of(records(offsets))
    assert fetch.offsets.tolist() == offsets
    assert fetch.stamps.tolist() == [1000 + at for at in offsets]
    assert fetch.keys == [b"%d" % at for at in offsets]


@pytest.mark.parametrize(("offset", "kept"), [(0, [7, 9, 10]), (8, [9, 10]), (9, [9, 10]), (11, [])])
def test_what_was_read_before_is_cut_off(offset: int, kept: list[int]) -> None:
    fetch = fetch_of(records([7, 9, 10])).since(offset)
    assert fetch.offsets.tolist() == kept
    assert fetch.keys == [b"%d" % at for at in kept]


def test_a_poll_is_one_event_with_the_records_of_all_its_partitions() -> None:
    polled = {HISTORIC: [], DEMOGRAPHIC: records([7, 8]), HISTORIC._replace(partition=3): records([1])}
    ((partition, event),) = PollScheduler().iterate(polled)
    assert (event.topic, event.partition) == partition == DEMOGRAPHIC
    assert event.value == {name: found for name, found in polled.items() if found}


def test_a_poll_without_records_is_no_event() -> None:
    assert list(PollScheduler().iterate({DEMOGRAPHIC: []})) == []
    assert list(PollScheduler().iterate({})) == []


def test_no_poll_stands_before_another_so_that_faust_drops_none_with_all_its_partitions() -> None:
    scheduler = PollScheduler()
    offsets = [
        event.offset
        for first in (500, 3)  # the partition was read again from an earlier offset
        for _, event in scheduler.iterate({DEMOGRAPHIC: records([first]), HISTORIC: records([first])})
    ]
    assert offsets == sorted(offsets)
