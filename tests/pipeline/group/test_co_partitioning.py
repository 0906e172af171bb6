"""Whether halves of a client share a partition number: what is believed, and what is not."""

from collections.abc import Callable
from zlib import crc32

import pytest
from aiokafka.partitioner import murmur2

from liftstream.contracts.messages import key_of
from pipeline.group.co_partitioning import ENOUGH, Seen, judge, judge_counts, readable
from testbed.task_stream import TASK

P = 4


def by_murmur2(key: bytes) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % P


def by_crc32(key: bytes) -> int:
    return crc32(key) % P


def by_shift(key: bytes) -> int:
    return (int(key) + 1) % P


def seen(
    uuids: range, place: Callable[[bytes], int], key: Callable[[int], bytes | None] = key_of
) -> list[Seen]:
    return [Seen(place(key_of(uuid)), key(uuid), uuid) for uuid in uuids]


def both(demographic: list[Seen], historic: list[Seen]) -> dict[str, list[Seen]]:
    return {"demographic": demographic, "historic": historic}


@pytest.mark.parametrize("place", [by_murmur2, by_crc32, by_shift])
def test_halves_that_were_seen_together_are_believed_to_be_whoever_placed_them(
    place: Callable[[bytes], int],
) -> None:
    uuids = range(1000, 1000 + ENOUGH)
    assert judge(both(seen(uuids, place), seen(uuids, place)), P).holds is True


@pytest.mark.parametrize("place", [by_murmur2, by_crc32])
def test_a_known_partitioner_of_the_uuid_is_believed_where_no_halves_were_seen_together(
    place: Callable[[bytes], int],
) -> None:
    assert judge(both(seen(range(100), place), seen(range(100, 200), place)), P).holds is True


def test_topics_with_different_partitioners_are_known_to_be_apart_as_soon_as_one_client_is() -> None:
    uuid = next(n for n in range(100) if by_murmur2(key_of(n)) != by_crc32(key_of(n)))
    found = judge(both(seen(range(uuid, uuid + 1), by_murmur2), seen(range(uuid, uuid + 1), by_crc32)), P)
    assert found.holds is False
    assert f"uuid {uuid} " in found.why


@pytest.mark.parametrize(
    ("demographic", "historic"),
    [
        ([], []),
        (seen(range(100), by_murmur2), []),
        (seen(range(ENOUGH - 1), by_murmur2), seen(range(ENOUGH - 1), by_murmur2)),
        (seen(range(100), by_murmur2), seen(range(100, 200), by_crc32)),
        (seen(range(100), by_shift), seen(range(100, 200), by_shift)),
        (seen(range(100), by_murmur2, lambda uuid: b"client-%d" % uuid), seen(range(100, 200), by_murmur2)),
    ],
    ids=[
        "nothing",
        "one topic empty",
        "too few",
        "two partitioners, nobody in both",
        "a partitioner that nobody knows",
        "keys that are not uuids",
    ],
)
def test_without_evidence_nothing_is_believed(demographic: list[Seen], historic: list[Seen]) -> None:
    assert judge(both(demographic, historic), P).holds is None


def test_one_half_without_a_key_is_enough_to_know_that_halves_may_be_anywhere() -> None:
    good = seen(range(100), by_murmur2)
    assert judge(both([*good, Seen(0, None, 5)], good), P).holds is False


def test_the_same_client_again_counts_once() -> None:
    again = seen(range(1), by_murmur2) * ENOUGH
    assert judge(both(again, again), P).holds is None


@pytest.mark.parametrize(("left", "right", "holds"), [(3, 5, False), (1, 1, True), (4, 4, None)])
def test_partition_counts_say_what_they_can(left: int, right: int, holds: bool | None) -> None:
    assert judge_counts(["d", "h"], {"d": left, "h": right}).holds is holds


def test_what_is_invalid_says_nothing_about_keys() -> None:
    values = [b"no json", b'{"uuid":7,"age":30,"man":1,"woman":0}', None]
    assert readable(TASK.sides[0], 2, [None, b"7", None], values) == [Seen(2, b"7", 7)]
