"""aiokafka's client, which asks at the configured address again if none of the brokers that it knows answers (rebootstrap).

aiokafka asks there only once. It would never find brokers that all come back at other addresses (for example
recreated containers); Kafka's own clients rebootstrap too (KIP-899).
"""

from copy import copy
from typing import Any

from aiokafka import client
from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer import consumer
from aiokafka.errors import KafkaError
from aiokafka.producer import producer

from liftstream.service.kafka.aiokafka.client_start import undisturbed
from liftstream.service.kafka.aiokafka.metadata_request import have_clients_make_no_topics
from liftstream.service.kafka.aiokafka.replacing import replace_in


class RebootstrappingClient(client.AIOKafkaClient):  # type: ignore[misc]  # aiokafka has no types
    """See the module."""

    async def _metadata_update(self, cluster_metadata: Any, topics: Any) -> bool:
        if await super()._metadata_update(cluster_metadata, topics):
            return True
        if not await self._look_again():
            return False
        found: bool = await super()._metadata_update(cluster_metadata, topics)
        return found

    async def _look_again(self) -> bool:
        """Whether the address that was set names brokers; those are the known ones then."""
        other = copy(self)
        other.cluster, other._conns = ClusterMetadata(), {}
        try:
            await undisturbed(other.bootstrap())
        except KafkaError:
            return False
        for kept in other._conns.values():  # to a broker that names none
            kept.close()
        self.cluster._brokers = dict(other.cluster._brokers)
        return bool(self.cluster._brokers)


def have_clients_look_again() -> None:
    """Has aiokafka's consumers and producers of this process use such clients, which make no topics either."""
    have_clients_make_no_topics()
    for user in (consumer, producer):
        replace_in(user, RebootstrappingClient, "_metadata_update")
