"""Who is in the consumer group, asked before joining, because a rebalance makes all members read some records again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka.client_start import WITHIN_S, impatient_options, started
from liftstream.service.kafka.requests import OTHER_PROTOCOL, ask_group_members
from pipeline.group.assignor import PROTOCOL, GroupMember, read_member

SHARED: Final = "shared"
"""Noted where partitions are committed that workers share: all producers knew of them by then."""


@dataclass(frozen=True)
class Group:
    """A group as it is now.

    Attributes:
        members: those that are workers of ours, who has been there longest first.
        stranger: what others in it are, who divide partitions another way; None where there are none.
        refused: we may not read it.
    """

    members: tuple[GroupMember, ...] = ()
    stranger: str | None = None
    refused: bool = False


async def look_at_group(kafka: KafkaSettings, group: str) -> Group:
    """The group's members; none if the broker does not tell (no right to ask, or one that cannot)."""
    admin = AIOKafkaAdminClient(**impatient_options(kafka))
    try:
        await started(admin)
        answers = await asyncio.wait_for(admin.describe_consumer_groups([group]), WITHIN_S)
        found = _group_of(answers[0].groups[0])
        return found if found != Group() else await _of_consumer_protocol(admin, group)
    except GroupAuthorizationFailedError:
        return Group(refused=True)
    except (KafkaError, OSError, TimeoutError):
        return Group()
    finally:
        await admin.close()


async def ask_notes(
    kafka: KafkaSettings, group: str, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, str | None]:
    """What the group has noted where it committed each partition; None: it has committed nothing.

    Raises:
        KafkaError, OSError, TimeoutError: the broker does not tell.
    """
    admin = AIOKafkaAdminClient(**impatient_options(kafka))
    try:
        await started(admin)
        asked = admin.list_consumer_group_offsets(group, partitions=list(partitions))
        found = await asyncio.wait_for(asked, WITHIN_S)
        return {name: None if one.offset < 0 else one.metadata for name, one in found.items()}
    finally:
        await admin.close()


async def _of_consumer_protocol(admin: Any, group: str) -> Group:
    """The members of a group of KIP-848, which is empty to those who ask for a classic one."""
    coordinator = await asyncio.wait_for(admin.find_coordinator(group), WITHIN_S)
    clients = await asyncio.wait_for(ask_group_members(admin._client, coordinator, group), WITHIN_S)
    return Group(stranger=f"{', '.join(clients)} (protocol {OTHER_PROTOCOL!r})" if clients else None)


def _group_of(found: Any) -> Group:
    error, _, _, _, protocol, members, *_ = found
    if error == GroupAuthorizationFailedError.errno:
        return Group(refused=True)
    if members and protocol not in ("", PROTOCOL):
        clients = sorted({f"{client} at {host.lstrip('/')}" for _, client, host, *_ in members})
        return Group(stranger=f"{', '.join(clients)} (protocol {protocol!r})")
    workers = [member for *_, metadata, _ in members if (member := _member_of(metadata)) is not None]
    return Group(tuple(sorted(workers, key=lambda worker: worker.born_ns)))


def _member_of(metadata: bytes) -> GroupMember | None:
    try:
        return read_member(ConsumerProtocol.METADATA.decode(metadata).user_data)
    except (msgspec.MsgspecError, ValueError):
        return None  # is joining, and has not said who it is yet
