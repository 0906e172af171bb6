"""The partitions that a worker reads, numbered, because columns hold numbers instead of names."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Partition


class Sources:
    """Partitions, numbered from 0.

    Args:
        groups: the partitions that are joined with each other, with their sides.

    Attributes:
        names: of all, by number.
        sides: of all, by number.
        groups: the numbers of each group's.
        group_of: the group of each, by number.
        number_of: each by name.
        written_to: where predictions of each go, by number: into the partition of its own number.
    """

    def __init__(self, groups: Iterable[Mapping[Partition, int]]) -> None:
        self.names: list[Partition] = []
        self.sides: list[int] = []
        self.groups: list[range] = []
        for group in groups:
            self.groups.append(range(len(self.names), len(self.names) + len(group)))
            self.names += group
            self.sides += group.values()
        self.group_of = [number for number, group in enumerate(self.groups) for _ in group]
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

    def by_group(self, values: Mapping[Partition, int]) -> list[dict[Partition, int]]:
        """Values by partition of each group, of all that are read."""
        numbered = self.numbered(values)
        return [self.named({number: numbered[number] for number in group}) for group in self.groups]
