"""Runs of offsets that follow each other, the first and the last of each: a million resolved records are a few runs."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Runs: TypeAlias = NDArray[np.int64]
"""First and last offset of each run, ascending: [runs, 2]."""


class SourceRuns(NamedTuple):
    """Runs of several partitions, those of a partition ascending.

    Attributes:
        sources: the number of each run's partition.
        first, last: the offsets of each.
    """

    sources: NDArray[np.int16]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def by_source(self, sources: Iterable[int]) -> dict[int, Runs]:
        """The runs of some partitions; they must be sorted by partition, as `join_runs` does."""
        runs = np.column_stack([self.first, self.last])
        return {one: runs[slice(*np.searchsorted(self.sources, [one, one + 1]).tolist())] for one in sources}


NO_RUNS: Final = SourceRuns(np.empty(0, np.int16), np.empty(0, np.int64), np.empty(0, np.int64))


def join_runs(runs: SourceRuns) -> SourceRuns:
    """The same sorted by partition, with those that follow each other without a gap as one."""
    if not len(runs.sources):
        return runs
    order = np.argsort(runs.sources, kind="stable")
    sources, first, last = runs.sources[order], runs.first[order], runs.last[order]
    begins = np.ones(len(sources), bool)
    begins[1:] = (sources[1:] != sources[:-1]) | (first[1:] != last[:-1] + 1)
    at = np.flatnonzero(begins)
    return SourceRuns(sources[at], first[at], last[np.append(at[1:], len(sources)) - 1])


def all_runs(parts: Sequence[SourceRuns]) -> SourceRuns:
    """Several after each other; at least one."""
    sources = np.concatenate([one.sources for one in parts])
    first, last = (
        np.concatenate(column) for column in zip(*((one.first, one.last) for one in parts), strict=True)
    )
    return join_runs(SourceRuns(sources, first, last))


def with_offsets(runs: Runs, offsets: Iterable[int]) -> Runs:
    """The runs of a partition and offsets that are in none of them."""
    single = np.array(list(offsets), np.int64)
    every = np.concatenate([runs, np.column_stack([single, single])])
    first, last = every[np.argsort(every[:, 0])].T
    return join_runs(SourceRuns(np.zeros(len(first), np.int16), first, last)).by_source([0])[0]
