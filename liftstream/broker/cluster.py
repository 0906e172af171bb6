"""Several Apache Kafkas that stand in for each other, for tests of what a worker does when one of them is away."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from liftstream.broker.apache import ATTEMPTS, PORT_TAKEN, ApacheKafka, cluster_id, free_ports
from liftstream.broker.server_properties import ClusterMember
from liftstream.broker.stoppable import Stoppable
from liftstream.contracts.errors import BrokerError

START_WITHIN_S = 120.0
"""Longer than for one broker: they start side by side and share the cores."""


class KafkaCluster(Stoppable):
    """Brokers of one cluster; two of them keep each topic, and all of them vote. Use it in a `with` block.

    Of three any one may be away; of two, or with two of three away, the others do nothing until one is back.

    Args:
        size: how many brokers.
        heap_mb: memory of each.

    Attributes:
        brokers: `brokers[number - 1]` is the one that Kafka's answers call `number`.

    Raises:
        BrokerError: as `ApacheKafka`.
    """

    def __init__(self, size: int = 3, heap_mb: int = 192) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self.brokers = _start_together(size, heap_mb)
                return
            except BrokerError as error:
                if PORT_TAKEN not in str(error) or attempt == ATTEMPTS:
                    raise

    @property
    def bootstrap(self) -> str:
        """The addresses of all brokers."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    def stop(self) -> None:
        """Ends all by SIGKILL, as the last one would otherwise wait for the others; their folders are deleted."""
        for broker in self.brokers:
            with contextlib.suppress(BrokerError):
                broker.kill()
            broker.stop()


def _start_together(size: int, heap_mb: int) -> list[ApacheKafka]:
    """Starts each in a thread of its own: none is ready before most of them run."""
    cluster, controllers = cluster_id(), tuple(free_ports(size))
    members = [ClusterMember(cluster, controllers, place) for place in range(size)]
    with ThreadPoolExecutor(size) as pool:
        begun = [
            pool.submit(ApacheKafka, heap_mb=heap_mb, start_within_s=START_WITHIN_S, member=member)
            for member in members
        ]
    failed = [error for one in begun if (error := one.exception()) is not None]
    if not failed:
        return [one.result() for one in begun]
    for one in begun:
        if one.exception() is None:
            one.result().stop()
    raise failed[0]
