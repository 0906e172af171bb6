"""The partition assignor: decides in the group protocol who reads what, so it needs no right beyond READ on the group.

If both halves of a client are in the same partition number, workers share the numbers. Otherwise, and as long as this
is not known, the oldest member of the group reads everything; two workers that start together cannot both win. Every
member reports what it knows of the keys when it joins, and receives the decision and its reason.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from faust.assignor.partition_assignor import PartitionAssignor

from pipeline.group.co_partitioning import OF_THESE_COUNTS, UNKNOWN, CoPartitioning, changed

VERSION: Final = 0
PROTOCOL: Final = "liftstream"


class GroupMember(msgspec.Struct, frozen=True):
    """What a member reports when it joins.

    Attributes:
        born_ns: since when it is there.
        where: its host and process.
        co_partitioning: what it knows of the keys.
    """

    born_ns: int
    where: str
    co_partitioning: CoPartitioning = msgspec.field(name="keying")


class GroupDecision(msgspec.Struct, frozen=True):
    """The leader's decision.

    Attributes:
        co_partitioning: what the group knows of the keys.
        owner: who reads everything; None where partitions are shared, or nobody can read while a topic is missing.
        members: how many there are.
    """

    co_partitioning: CoPartitioning = msgspec.field(name="keying")
    owner: str | None
    members: int


def me() -> str:
    """This process, as other workers see it."""
    return f"{socket.gethostname()} process {os.getpid()}"


class Assignor(PartitionAssignor):
    """Faust's setting `PartitionAssignor`.

    Attributes:
        co_partitioning: what this worker knows; set by whoever finds out.
        decision: what the group decided last; None before the first assignment.
    """

    name = PROTOCOL

    def __init__(self, app: Any, replicas: int = 0) -> None:
        super().__init__(app, replicas)
        self.co_partitioning: CoPartitioning = UNKNOWN
        self.decision: GroupDecision | None = None
        self._born_ns = time.time_ns()

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """Called at every join."""
        mine = msgspec.json.encode(GroupMember(self._born_ns, me(), self.co_partitioning))
        return ConsumerProtocolMemberMetadata(VERSION, sorted(topics), mine)

    def assign(self, cluster: Any, members: Any) -> Any:
        """Called on the leader, with every member's metadata."""
        known = {name: read_member(metadata.user_data) for name, metadata in members.items()}
        topics = sorted({topic for metadata in members.values() for topic in metadata.subscription})
        counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
        decision, shares = decide(known, counts)
        said = msgspec.json.encode(decision)
        return {
            name: ConsumerProtocolMemberAssignment(VERSION, sorted(share.items()), said)
            for name, share in shares.items()
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Called on every member, which then knows what the group knows."""
        self.decision = msgspec.json.decode(assignment.user_data, type=GroupDecision)
        if self.decision.co_partitioning.holds is not None:
            self.co_partitioning = self.decision.co_partitioning

    def assigned_standbys(self) -> set[Any]:
        """Faust asks; there are none."""
        return set()

    def assigned_actives(self) -> set[Any]:
        """Faust asks; there are no tables."""
        return set()


def read_member(user_data: bytes) -> GroupMember:
    """What a member reported."""
    return msgspec.json.decode(user_data, type=GroupMember)


def decide(
    members: Mapping[str, GroupMember], counts: Mapping[str, int]
) -> tuple[GroupDecision, dict[str, dict[str, list[int]]]]:
    """The decision for everyone, and the partitions of each member by topic.

    Args:
        members: by their ids.
        counts: partitions of every topic.
    """
    by_age = sorted(members, key=lambda name: (members[name].born_ns, name))
    if missing := [topic for topic, count in counts.items() if not count]:
        why = f"{', '.join(missing)}: not on the broker, or this user may not see it"
        return GroupDecision(CoPartitioning(None, why), None, len(members)), {name: {} for name in by_age}
    co_partitioning = combine([members[name].co_partitioning for name in by_age], counts)
    if co_partitioning.holds:
        decision = GroupDecision(co_partitioning, None, len(members))
        shares = {
            name: {topic: list(range(place, count, len(by_age))) for topic, count in counts.items()}
            for place, name in enumerate(by_age)
        }
        return decision, shares
    owner = by_age[0]
    everything = {topic: list(range(count)) for topic, count in counts.items()}
    decision = GroupDecision(co_partitioning, members[owner].where, len(members))
    return decision, {name: everything if name == owner else {} for name in by_age}


def combine(known: list[CoPartitioning], counts: Mapping[str, int]) -> CoPartitioning:
    """What the group knows: a member that has seen halves apart is believed first.

    What was judged for another number of partitions is not believed: keys lie elsewhere now.
    """
    sizes = set(counts.values())
    if len(sizes) > 1:
        said = ", ".join(f"{topic} has {count} partitions" for topic, count in counts.items())
        return CoPartitioning(False, said, OF_THESE_COUNTS)
    for wanted in (False, True):
        for one in known:
            if one.holds is wanted and one.partitions in (0, *sizes):
                return one
    first = known[0]
    return first if first.holds is None and first.partitions in (0, *sizes) else changed(*sizes)
