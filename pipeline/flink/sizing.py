"""How large a cluster must be for a rate of pairs: arithmetic over measured figures."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

CPU_MS_A_PAIR: Final = 0.21
"""CPU of both processes of a slot for a pair of halves of 40 and 1,100 bytes (measured: docs/flink.md)."""
BYTES_A_PAIR: Final = 1_300
"""Bytes of both halves as they are read, key and framing included."""
STATE_BYTES_A_HALF: Final = 1_600
"""State of a waiting half: record, features, timer."""
PYTHON_MB: Final = 270
"""Memory of the Python worker of a slot."""
DRIFT_S: Final = 0.5
"""How far one topic may be read ahead of the other."""
JVM_MB: Final = 600
"""Memory of the JVM of a slot, without the waiting halves."""


@dataclass(frozen=True)
class ClusterSize:
    """The size of a cluster.

    Attributes:
        cores: needed at the peak, at full load.
        slots: one per core, with room for load above the peak and for catching up.
        partitions: fewest partitions of each topic.
        waiting: most halves in state at the peak, if all find their partner within the window.
        state_mb: of all slots together.
        memory_mb: of all task managers together.
        network_mb_per_s: read from Kafka at the peak.
    """

    pairs_per_s: float
    cores: float
    slots: int
    partitions: int
    waiting: int
    state_mb: float
    memory_mb: float
    network_mb_per_s: float

    def to_dict(self) -> dict[str, Any]:
        """The size for `--json`."""
        return asdict(self)


def size(
    pairs_per_s: float,
    window_s: float = 3.0,
    cpu_ms_a_pair: float = CPU_MS_A_PAIR,
    most_load: float = 0.7,
    outage_s: float = 60.0,
    catch_up_s: float = 600.0,
) -> ClusterSize:
    """The cluster for a rate.

    slots = ceil(rate x cpu x max(1 / most_load, 1 + outage / catch_up))

    Args:
        pairs_per_s: rate at the peak.
        window_s: window of the join.
        cpu_ms_a_pair: CPU of a slot for a pair.
        most_load: share of the slots' CPU that the peak may use.
        outage_s: how long the job may be away at the peak.
        catch_up_s: how soon it must have caught up, while the peak goes on.
    """
    cores = pairs_per_s * cpu_ms_a_pair / 1000
    slots = math.ceil(cores * max(1 / most_load, 1 + outage_s / catch_up_s))
    waiting = math.ceil(2 * pairs_per_s * (window_s + DRIFT_S))
    state_mb = waiting * STATE_BYTES_A_HALF / 1e6
    return ClusterSize(
        pairs_per_s=pairs_per_s,
        cores=cores,
        slots=slots,
        partitions=slots,
        waiting=waiting,
        state_mb=state_mb,
        memory_mb=slots * (PYTHON_MB + JVM_MB) + 2 * state_mb,
        network_mb_per_s=pairs_per_s * BYTES_A_PAIR / 1e6,
    )
