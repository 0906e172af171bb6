"""Our two questions, in the bytes that kafka-python makes and reads by Apache Kafka's own message definitions."""

import asyncio
import uuid
from io import BytesIO
from typing import Any

from kafka.protocol.metadata import MetadataRequest, MetadataResponse

from liftstream.service.kafka.requests import (
    GroupMembersRequest,
    GroupMembersRequestStruct,
    GroupMembersResponse,
    TopicIdsRequest,
    TopicIdsRequestStruct,
    TopicIdsResponse,
    ask_group_members,
    ask_topic_ids,
)

TOPIC = MetadataResponse.MetadataResponseTopic
PARTITION = TOPIC.MetadataResponsePartition
BROKER = MetadataResponse.MetadataResponseBroker


class Client:
    """A client whose broker gives one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_random_node(self) -> int:
        return 1

    async def send(self, node: int, request: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def topic(name: str, topic_id: int, error: int = 0) -> Any:
    partition = PARTITION(
        version=10, error_code=0, partition_index=0, leader_id=1, leader_epoch=3,
        replica_nodes=[1, 2], isr_nodes=[1], offline_replicas=[2],
    )  # fmt: skip
    return TOPIC(
        version=10, error_code=error, name=name, topic_id=uuid.UUID(int=topic_id), is_internal=False,
        partitions=[partition], authorized_operations=[],
    )  # fmt: skip


def test_the_question_for_topic_ids_is_understood() -> None:
    asked = MetadataRequest.decode(
        TopicIdsRequest(["a", "bc"]).build(TopicIdsRequestStruct).encode(), version=10
    )
    assert [one.name for one in asked.topics] == ["a", "bc"]
    assert not asked.allow_auto_topic_creation


def test_topic_ids_are_read_and_topics_that_are_not_there_left_out() -> None:
    answer = MetadataResponse(
        version=10, throttle_time_ms=0, cluster_id="c", controller_id=1, authorized_operations=[],
        brokers=[BROKER(version=10, node_id=1, host="h", port=9, rack=None)],
        topics=[topic("a", 7), topic("gone", 0, error=3), topic("b", 2**100)],
    )  # fmt: skip
    read = TopicIdsResponse.decode(BytesIO(answer.encode(version=10)))
    found = asyncio.run(ask_topic_ids(Client(read), ["a", "b", "gone"]))
    assert {name: int.from_bytes(topic_id) for name, topic_id in found.items()} == {"a": 7, "b": 2**100}


def test_a_broker_that_knows_neither_says_nothing() -> None:
    assert asyncio.run(ask_topic_ids(Client(NotImplementedError()), ["a"])) == {}
    assert asyncio.run(ask_group_members(Client(NotImplementedError()), 1, "g")) == []


def text(value: str) -> bytes:
    return bytes([len(value) + 1]) + value.encode()


def test_members_of_a_group_of_the_consumer_protocol_are_read_byte_by_byte() -> None:
    """By the definition of ConsumerGroupDescribeResponse version 0, written out."""
    owned = (
        b"\x02"
        + bytes(15)
        + b"\x07"
        + text("t")
        + b"\x03"
        + bytes(4)
        + b"\x00\x00\x00\x01"
        + b"\x00"
        + b"\x00"
    )
    member = (
        text("m-1") + b"\x00" + b"\x00" + b"\x00\x00\x00\x05" + text("a-stranger") + text("/127.0.0.1")
        + b"\x02" + text("t") + b"\x00" + owned + b"\x01\x00" + b"\x00"
    )  # fmt: skip
    group = (
        b"\x00\x00" + b"\x00" + text("g") + text("Stable") + b"\x00\x00\x00\x05" * 2 + text("uniform")
        + b"\x02" + member + b"\x80\x00\x00\x00" + b"\x00"
    )  # fmt: skip
    read = GroupMembersResponse.decode(BytesIO(b"\x00\x00\x00\x00" + b"\x02" + group + b"\x00"))
    assert asyncio.run(ask_group_members(Client(read), 1, "g")) == ["a-stranger at 127.0.0.1"]
    asked = GroupMembersRequest("g").build(GroupMembersRequestStruct).encode()
    assert asked == b"\x02" + text("g") + b"\x00\x00"
