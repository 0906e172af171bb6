"""Two questions of Kafka's protocol that aiokafka does not ask: which topics are these, and who is in a group of KIP-848.

By the message definitions of Apache Kafka: Metadata version 10 (topic ids, KIP-516, brokers from 2.8 on) and
ConsumerGroupDescribe version 0 (the consumer protocol, KIP-848, brokers from 4.0 on).
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

TEXT: Final = CompactString("utf-8")
TAGS: Final = ("tags", TaggedFields)
OTHER_PROTOCOL: Final = "consumer"


class Id(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """As they are."""
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        """As they are."""
        return data.read(16)


class TopicIdsResponse(Response):  # type: ignore[misc]
    """Of Metadata 10."""

    API_KEY, API_VERSION = 3, 10
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(("node_id", Int32), ("host", TEXT), ("port", Int32), ("rack", TEXT), TAGS)),
        ("cluster_id", TEXT),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", TEXT),
                ("topic_id", Id),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        TAGS,
                    ),
                ),
                ("authorized_operations", Int32),
                TAGS,
            ),
        ),
        ("cluster_authorized_operations", Int32),
        TAGS,
    )


class TopicIdsRequestStruct(RequestStruct):  # type: ignore[misc]
    """Metadata 10."""

    API_KEY, API_VERSION = 3, 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = TopicIdsResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Id), ("name", TEXT), TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        TAGS,
    )


class TopicIdsRequest(Request[TopicIdsRequestStruct]):  # type: ignore[misc]
    """Asks for the ids of topics: another topic of the same name has another one."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: Any) -> Any:
        """The request."""
        named: list[Any] = [(bytes(16), topic, {}) for topic in self._topics]
        return request_struct_class(named, False, False, False, {})


_OWNED: Final = Schema(
    ("partitions", CompactArray(("topic_id", Id), ("topic", TEXT), ("numbers", CompactArray(Int32)), TAGS)),
    TAGS,
)


class GroupMembersResponse(Response):  # type: ignore[misc]
    """Of ConsumerGroupDescribe 0."""

    API_KEY, API_VERSION = 69, 0
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            CompactArray(
                ("error_code", Int16),
                ("error_message", TEXT),
                ("group", TEXT),
                ("state", TEXT),
                ("epoch", Int32),
                ("assignment_epoch", Int32),
                ("assignor", TEXT),
                (
                    "members",
                    CompactArray(
                        ("member_id", TEXT),
                        ("instance_id", TEXT),
                        ("rack", TEXT),
                        ("epoch", Int32),
                        ("client_id", TEXT),
                        ("host", TEXT),
                        ("topics", CompactArray(TEXT)),
                        ("topic_regex", TEXT),
                        ("assignment", _OWNED),
                        ("target", _OWNED),
                        TAGS,
                    ),
                ),
                ("authorized_operations", Int32),
                TAGS,
            ),
        ),
        TAGS,
    )


class GroupMembersRequestStruct(RequestStruct):  # type: ignore[misc]
    """ConsumerGroupDescribe 0."""

    API_KEY, API_VERSION = 69, 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = GroupMembersResponse
    SCHEMA = Schema(("groups", CompactArray(TEXT)), ("include_authorized_operations", Boolean), TAGS)


class GroupMembersRequest(Request[GroupMembersRequestStruct]):  # type: ignore[misc]
    """Asks who is in a group of the consumer protocol."""

    API_KEY = 69

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: Any) -> Any:
        """The request."""
        return request_struct_class([self._group], False, {})


async def ask_topic_ids(client: Any, topics: Sequence[str]) -> dict[str, bytes]:
    """The id of each topic that is there; none where the broker knows no ids, or does not answer now.

    Args:
        client: aiokafka's.
        topics: by their names.
    """
    try:
        answer = await client.send(client.get_random_node(), TopicIdsRequest(topics))
    except (KafkaError, NotImplementedError, ValueError):
        return {}
    return {name: topic_id for error, name, topic_id, *_ in answer.topics if not error and any(topic_id)}


async def ask_group_members(client: Any, coordinator: int, group: str) -> list[str]:
    """Who is in a group of the consumer protocol, as `client at host`; nobody where it is none, or the broker knows none."""
    try:
        answer = await client.send(coordinator, GroupMembersRequest(group))
    except (KafkaError, NotImplementedError, ValueError):
        return []
    ((error, *_, members, _, _),) = answer.groups
    return [] if error else sorted({f"{one[4]} at {one[5].lstrip('/')}" for one in members})
