"""One worker for everything: where records have no keys, or the topics have different partition counts, the halves of a
client may be in any two partitions, so whoever has been in the group longest reads them all.

The choice is made in the group protocol: it needs no right beyond READ on topics and group, and two workers that start
together cannot both win.
"""

import os
import socket
import time
from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from faust.assignor.partition_assignor import PartitionAssignor

VERSION = 0


class SingleOwner(PartitionAssignor):
    """Faust's `PartitionAssignor` setting; `owner` tells who won, for those who did not."""

    name = "liftstream-single"
    owner: str = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._born = f"{time.time_ns():020d} {socket.gethostname()} process {os.getpid()}".encode()

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """What the group learns of us: since when we are there, and where."""
        return ConsumerProtocolMemberMetadata(VERSION, sorted(topics), self._born)

    def assign(self, cluster: Any, members: Any) -> Any:
        """All partitions of all topics for the member that was born first."""
        owner = min(members, key=lambda member: (members[member].user_data, member))
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        every = [(topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in topics]
        told = members[owner].user_data
        return {
            member: ConsumerProtocolMemberAssignment(VERSION, every if member == owner else [], told)
            for member in members
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Remembers who has the partitions."""
        SingleOwner.owner = bytes(assignment.user_data).decode().partition(" ")[2]

    def assigned_standbys(self) -> set[Any]:
        """Faust asks; there are none."""
        return set()

    def assigned_actives(self) -> set[Any]:
        """Faust asks; there are no tables."""
        return set()
