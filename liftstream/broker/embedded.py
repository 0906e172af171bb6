"""The embedded broker: librdkafka's mock cluster, which lives in this process's memory. No Java, no Docker.

Good for one consumer a group: a second one fails to join. It keeps 5 MiB or 100,000 batches a partition and drops the
oldest, knows no rights and no retention. Everything else is for the real Kafka of `liftstream.broker.apache`.

confluent-kafka's Python side can start such a cluster but not set partition counts or take the 3 s pause out of the
first group join, so librdkafka itself is called here.
"""

import ctypes
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from liftstream.broker.stoppable import Stoppable
from liftstream.contracts.errors import BrokerError, ExtraMissing

PRODUCER = 0


def _library_path() -> Path:
    try:
        shipped = files("confluent-kafka") or []
    except PackageNotFoundError:
        raise ExtraMissing("the embedded broker", "demo") from None
    for file in shipped:
        if file.name.startswith("librdkafka") and file.suffix not in {".py", ".pc"}:
            return Path(str(file.locate()))
    raise BrokerError(
        f"the embedded broker is not in confluent-kafka on {sys.platform}; start a Kafka and name it by"
        " KAFKA__BOOTSTRAP"
    )


def _load() -> ctypes.CDLL:
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures = {
        "conf_new": (handle, []),
        "conf_set": (number, [handle, text, text, text, ctypes.c_size_t]),
        "new": (handle, [number, handle, text, ctypes.c_size_t]),
        "destroy": (None, [handle]),
        "mock_cluster_new": (handle, [handle, number]),
        "mock_cluster_destroy": (None, [handle]),
        "mock_cluster_bootstraps": (text, [handle]),
        "mock_topic_create": (number, [handle, text, number, number]),
        "mock_group_initial_rebalance_delay_ms": (None, [handle, ctypes.c_int32]),
    }
    library = ctypes.CDLL(str(_library_path()))
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


class EmbeddedBroker(Stoppable):
    """One broker at `bootstrap`, until `stop`; use it in a `with` block.

    Raises:
        ExtraMissing: confluent-kafka is not installed.
        BrokerError: librdkafka is not where its package says, or cannot open a port.
    """

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        self._library = _load()
        problem = ctypes.create_string_buffer(512)
        settings = self._library.rd_kafka_conf_new()
        # it warns that it has no broker to connect to; it is not meant to connect
        self._library.rd_kafka_conf_set(settings, b"log_level", b"0", problem, len(problem))
        self._client = self._library.rd_kafka_new(PRODUCER, settings, problem, len(problem))
        self._cluster = self._client and self._library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            raise BrokerError(
                f"the embedded broker did not start: {problem.value.decode() or 'no free port'}"
            )
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        for name, partitions in (topics or {}).items():
            self.create_topic(name, partitions)

    def create_topic(self, name: str, partitions: int) -> None:
        """Creates a topic; a topic that is only used is created automatically, with 4 partitions.

        Raises:
            BrokerError: there is such a topic already, or the name or count is not accepted.
        """
        refused = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        if refused:
            raise BrokerError(
                f"the embedded broker refused topic {name!r} with {partitions} partitions ({refused})"
            )

    def stop(self) -> None:
        """Closes the port and frees every record; a second call does nothing."""
        if self._cluster:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._cluster = None
