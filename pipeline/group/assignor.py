"""Who of the group reads what: worked out in the group protocol itself, so it needs no right beyond READ on the group.

Where both halves of a client are in the same partition number, workers share the numbers. Otherwise, and as long as that is
not known, whoever has been in the group longest reads everything; two workers that start together cannot both win. Every
member says what it knows of the keys when it joins, and is told what was decided and why.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from faust.assignor.partition_assignor import PartitionAssignor

from pipeline.group.co_partitioning import UNKNOWN, Keying

VERSION: Final = 0
PROTOCOL: Final = "liftstream"


class Member(msgspec.Struct, frozen=True):
    """What a member says of itself when it joins.

    Attributes:
        born_ns: since when it is there.
        where: its host and process.
        keying: what it knows of the keys.
    """

    born_ns: int
    where: str
    keying: Keying


class Told(msgspec.Struct, frozen=True):
    """What the leader decided.

    Attributes:
        keying: what the group knows of the keys.
        owner: who reads everything; None where partitions are shared.
        members: how many there are.
    """

    keying: Keying
    owner: str | None
    members: int


def me() -> str:
    """This process, as other workers see it."""
    return f"{socket.gethostname()} process {os.getpid()}"


class Assignor(PartitionAssignor):
    """Faust's setting `PartitionAssignor`.

    Attributes:
        keying: what this worker knows; set by whoever finds out.
        told: what the group decided last; None before the first assignment.
    """

    name = PROTOCOL

    def __init__(self, app: Any, replicas: int = 0) -> None:
        super().__init__(app, replicas)
        self.keying: Keying = UNKNOWN
        self.told: Told | None = None
        self._born_ns = time.time_ns()

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """Called at every join."""
        mine = msgspec.json.encode(Member(self._born_ns, me(), self.keying))
        return ConsumerProtocolMemberMetadata(VERSION, sorted(topics), mine)

    def assign(self, cluster: Any, members: Any) -> Any:
        """Called on the leader, with every member's metadata."""
        known = {name: read_member(metadata.user_data) for name, metadata in members.items()}
        topics = sorted({topic for metadata in members.values() for topic in metadata.subscription})
        counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
        told, shares = decide(known, counts)
        said = msgspec.json.encode(told)
        return {
            name: ConsumerProtocolMemberAssignment(VERSION, sorted(share.items()), said)
            for name, share in shares.items()
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Called on every member; what the group knows, each of them knows from then on."""
        self.told = msgspec.json.decode(assignment.user_data, type=Told)
        if self.told.keying.together is not None:
            self.keying = self.told.keying

    def assigned_standbys(self) -> set[Any]:
        """Faust asks; there are none."""
        return set()

    def assigned_actives(self) -> set[Any]:
        """Faust asks; there are no tables."""
        return set()


def read_member(user_data: bytes) -> Member:
    """What a member said of itself."""
    return msgspec.json.decode(user_data, type=Member)


def decide(
    members: Mapping[str, Member], counts: Mapping[str, int]
) -> tuple[Told, dict[str, dict[str, list[int]]]]:
    """What is told to everyone, and the partitions of each member by topic.

    Args:
        members: by their ids.
        counts: partitions of every topic.
    """
    by_age = sorted(members, key=lambda name: (members[name].born_ns, name))
    keying = combine([members[name].keying for name in by_age], counts)
    if keying.together:
        told = Told(keying, None, len(members))
        shares = {
            name: {topic: list(range(place, count, len(by_age))) for topic, count in counts.items()}
            for place, name in enumerate(by_age)
        }
        return told, shares
    owner = by_age[0]
    everything = {topic: list(range(count)) for topic, count in counts.items()}
    told = Told(keying, members[owner].where, len(members))
    return told, {name: everything if name == owner else {} for name in by_age}


def combine(known: list[Keying], counts: Mapping[str, int]) -> Keying:
    """What the group knows: one who has seen halves apart is believed before all others."""
    if len(set(counts.values())) > 1:
        return Keying(False, ", ".join(f"{topic} has {count} partitions" for topic, count in counts.items()))
    for wanted in (False, True):
        for one in known:
            if one.together is wanted:
                return one
    return known[0]
