"""Runs of offsets against the offsets themselves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.join.runs import SourceRuns, all_runs, join_runs, with_offsets
from testbed.examples import examples

ASCENDING = st.lists(st.integers(0, 30), unique=True).map(sorted)


def runs_of(offsets: list[int]) -> list[list[int]]:
    """First and last of each run, one offset after the other."""
    found: list[list[int]] = []
    for offset in offsets:
        if found and found[-1][1] == offset - 1:
            found[-1][1] = offset
        else:
            found.append([offset, offset])
    return found


def single(by_source: list[list[int]]) -> SourceRuns:
    """Every offset a run, partitions in turn."""
    rows = sorted(
        (at, source, offset) for source, one in enumerate(by_source) for at, offset in enumerate(one)
    )
    sources, offsets = [row[1] for row in rows], np.array([row[2] for row in rows], np.int64)
    return SourceRuns(np.array(sources, np.int16), offsets, offsets)


@given(st.lists(ASCENDING, min_size=1, max_size=4), st.integers(0, 30))
@examples(100)
def test_offsets_of_several_partitions_in_any_parts_give_the_longest_runs_of_each(
    by_source: list[list[int]], cut: int
) -> None:
    parts = [
        [[one for one in offsets if (one < cut) == first] for offsets in by_source] for first in (True, False)
    ]
    found = all_runs([join_runs(single(part)) for part in parts]).by_source(range(len(by_source)))
    assert {source: runs.tolist() for source, runs in found.items()} == {
        source: runs_of(offsets) for source, offsets in enumerate(by_source)
    }


@given(ASCENDING, st.sets(st.integers(0, 30)))
@examples(100)
def test_offsets_that_are_put_to_runs_close_their_gaps(offsets: list[int], more: set[int]) -> None:
    known = np.array(runs_of([one for one in offsets if one not in more]), np.int64).reshape(-1, 2)
    assert with_offsets(known, more).tolist() == runs_of(sorted({*offsets, *more}))
