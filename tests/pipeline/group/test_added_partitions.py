"""Which partition of a topic began last, and whether it was added to the others."""

from aiokafka import TopicPartition

from liftstream.service.kafka.extents import Extent
from pipeline.group.added_partitions import is_younger, last_begun, unwritten_beside_others

HOUR_MS = 3_600_000


def of(**ends: int) -> dict[TopicPartition, Extent]:
    return {TopicPartition("t", int(name[1:])): Extent(0, end) for name, end in ends.items()}


def test_the_youngest_partition_is_the_one_whose_first_record_is() -> None:
    extents = of(p0=900, p1=800, p2=70)
    born_ms = {name: name.partition * HOUR_MS for name in extents}
    assert last_begun(extents, born_ms) == TopicPartition("t", 2)


def test_those_that_nobody_has_written_to_are_named_beside_others_that_were_written_for_long() -> None:
    assert unwritten_beside_others(of(p0=900, p1=0, p2=0)) == [
        TopicPartition("t", 1),
        TopicPartition("t", 2),
    ]
    assert unwritten_beside_others(of(p0=3, p1=0, p2=2)) == []  # few clients, whose numbers are chance
    assert unwritten_beside_others(of(p0=0)) == unwritten_beside_others(of(p0=900, p1=20)) == []


def test_of_one_whose_first_records_are_deleted_nobody_knows_when_it_began() -> None:
    extents = of(p0=900) | {TopicPartition("t", 1): Extent(50, 900)}
    born_ms = {TopicPartition("t", 0): 0, TopicPartition("t", 1): 9 * HOUR_MS}
    assert last_begun(extents, born_ms) == TopicPartition("t", 0)


def test_it_was_added_if_the_others_had_been_written_for_long() -> None:
    assert is_younger(HOUR_MS, [400, 380], [0, 1, HOUR_MS])


def test_a_topic_that_is_new_itself_had_nothing_added() -> None:
    assert not is_younger(900, [3, 5, 2], [0, 40, 900])  # few clients, whose numbers are chance
    assert not is_younger(900, [4000, 4100], [0, 40, 900])  # a broker's stamps of whole batches
    assert not is_younger(0, [], [0])
