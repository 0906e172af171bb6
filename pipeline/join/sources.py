"""The partitions that a worker reads, by numbers of our own: what columns hold instead of names."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Partition
from pipeline.join.halves import Side


class Sources:
    """Partitions, numbered from 0.

    Args:
        lanes: the partitions that are joined with each other, with their sides.

    Attributes:
        names: of all, by number.
        sides: of all, by number.
        lanes: the numbers of each lane's.
        lane_of: the lane of each, by number.
        number_of: each by name.
        written_to: where predictions of each go, by number: into the partition of its own number.
    """

    def __init__(self, lanes: Iterable[Mapping[Partition, Side]]) -> None:
        self.names: list[Partition] = []
        self.sides: list[Side] = []
        self.lanes: list[range] = []
        for lane in lanes:
            self.lanes.append(range(len(self.names), len(self.names) + len(lane)))
            self.names += lane
            self.sides += lane.values()
        self.lane_of = [number for number, lane in enumerate(self.lanes) for _ in lane]
        self.number_of = {name: number for number, name in enumerate(self.names)}
        self.written_to: NDArray[np.int64] = np.array([name.partition for name in self.names], np.int64)

    def __len__(self) -> int:
        return len(self.names)

    def numbered(self, values: Mapping[Partition, int]) -> dict[int, int]:
        """Values by partition as values by number, of those that are read."""
        return {self.number_of[name]: value for name, value in values.items() if name in self.number_of}

    def named(self, values: Mapping[int, int]) -> dict[Partition, int]:
        """The contrary."""
        return {self.names[number]: value for number, value in values.items()}
