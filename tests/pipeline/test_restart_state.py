"""Files that make restarts exact: believed only where they belong to the commit that reading starts from."""

from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from liftstream.contracts.fetch import Partition
from pipeline import restart_state
from pipeline.join.partition_group import Restart
from pipeline.restart_state import RestartState

D0, H0, D1, H1 = (Partition(topic, number) for number in (0, 1) for topic in ("d", "h"))


def offsets(*found: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Every offset a run of its own."""
    return np.array([(one, one) for one in found], np.int64).reshape(-1, 2)


def remembered(folder: Path) -> RestartState:
    state = RestartState(folder, "group")
    state.remember([({D0: 5, H0: 7}, {D0: offsets(6, 7, 9), H0: offsets()})])
    state.remember([({D1: 0, H1: 1}, {D1: offsets(3), H1: offsets(1, 2)})])
    return state


def recall(
    folder: Path, positions: dict[Partition, int], *partition_groups: list[Partition], group: str = "group"
) -> list[Restart]:
    return RestartState(folder, group).recall(partition_groups, positions, positions)


def test_a_restart_from_the_same_cut_knows_what_is_resolved_beyond_it(tmp_path: Path) -> None:
    remembered(tmp_path)
    first, second = recall(tmp_path, {D0: 5, H0: 7, D1: 0, H1: 1}, [D0, H0], [D1, H1])
    assert first == Restart({D0: frozenset({6, 7, 9}), H0: frozenset()})
    assert second == Restart({D1: frozenset({3}), H1: frozenset({1, 2})})


def test_lanes_may_be_drawn_in_another_way_than_before(tmp_path: Path) -> None:
    remembered(tmp_path)
    (whole,) = recall(tmp_path, {D0: 5, H0: 7, D1: 0, H1: 1}, [D0, H0, D1, H1])
    assert not whole.doubtful
    assert whole.done[D0] == {6, 7, 9}
    assert whole.done[H1] == {1, 2}


@pytest.mark.parametrize("positions", [{D0: 6, H0: 7}, {D0: 5, H0: 6}, {D0: 4, H0: 7}])
def test_a_restart_from_another_cut_is_in_doubt(tmp_path: Path, positions: dict[Partition, int]) -> None:
    remembered(tmp_path)
    assert recall(tmp_path, positions, [D0, H0]) == [Restart(doubtful=True)]


def test_partitions_that_were_added_since_take_nothing_from_what_is_known_of_the_others(
    tmp_path: Path,
) -> None:
    remembered(tmp_path)
    positions, added = {D0: 5, H0: 7}, Partition("h", 5)
    together = [[D0, H0, added]]
    (found,) = RestartState(tmp_path, "group").recall(together, positions | {added: 0}, positions)
    assert found == Restart({D0: frozenset({6, 7, 9}), H0: frozenset(), added: frozenset()})


def test_a_partition_that_was_read_but_of_which_nothing_is_committed_is_in_doubt(tmp_path: Path) -> None:
    remembered(tmp_path).remember([({D0: 8, H0: 9, H1: 2}, dict.fromkeys((D0, H0, H1), offsets()))])
    positions = {D0: 8, H0: 9}
    (found,) = RestartState(tmp_path, "group").recall([[D0, H0, H1]], positions | {H1: 0}, positions)
    assert found.doubtful


def test_another_group_knows_nothing(tmp_path: Path) -> None:
    remembered(tmp_path)
    assert recall(tmp_path, {D0: 5, H0: 7}, [D0, H0], group="other") == [Restart(doubtful=True)]


def test_where_nothing_was_committed_nothing_is_in_doubt(tmp_path: Path) -> None:
    state = RestartState(tmp_path, "group")
    assert state.recall([[D0, H0]], {D0: 0, H0: 0}, {}) == [Restart()]


def test_a_crash_between_the_file_and_its_commit_finds_the_snapshot_before(tmp_path: Path) -> None:
    state = remembered(tmp_path)
    state.remember([({D0: 8, H0: 9}, {D0: offsets(9), H0: offsets()})])
    for commit, done in (({D0: 5, H0: 7}, {6, 7, 9}), ({D0: 8, H0: 9}, {9})):
        (found,) = recall(tmp_path, commit, [D0, H0])
        assert found.done[D0] == done


def test_commits_that_are_refused_for_a_while_leave_the_snapshot_of_the_last_that_was_not(
    tmp_path: Path,
) -> None:
    state = remembered(tmp_path)
    state.committed({D0: 5, H0: 7})
    for later in range(8, 12):
        state.remember([({D0: later, H0: 9}, {D0: offsets(later + 1), H0: offsets()})])
    for commit, done in (({D0: 5, H0: 7}, {6, 7, 9}), ({D0: 10, H0: 9}, {11}), ({D0: 11, H0: 9}, {12})):
        (found,) = recall(tmp_path, commit, [D0, H0])
        assert found.done[D0] == done


def test_after_a_restart_too_refused_commits_leave_the_snapshot_that_it_began_with(tmp_path: Path) -> None:
    remembered(tmp_path)
    state, positions = RestartState(tmp_path, "group"), {D0: 5, H0: 7}
    state.recall([[D0, H0]], positions, positions)
    for later in range(8, 12):
        state.remember([({D0: later, H0: 9}, {D0: offsets(later + 1), H0: offsets()})])
    (found,) = recall(tmp_path, positions, [D0, H0])
    assert found.done[D0] == {6, 7, 9}


@pytest.mark.parametrize(
    ("positions", "done"),
    [
        ({D0: 8, H0: 7}, Restart({D0: frozenset({9}), H0: frozenset({7, 8, 10})})),
        ({D0: 5, H0: 9}, Restart({D0: frozenset({5, 6, 7, 9}), H0: frozenset({10})})),
        ({D0: 4, H0: 9}, Restart(doubtful=True)),  # before all that was kept: somebody set it back
        ({D0: 8, H0: 10}, Restart(doubtful=True)),
    ],
)
def test_a_commit_that_was_taken_for_one_topic_only_leaves_no_doubt(
    tmp_path: Path, positions: dict[Partition, int], done: Restart
) -> None:
    state = remembered(tmp_path)
    state.committed({D0: 5, H0: 7})
    state.remember([({D0: 8, H0: 9}, {D0: offsets(9), H0: offsets(10)})])
    assert recall(tmp_path, positions, [D0, H0]) == [done]


def test_of_two_snapshots_of_one_cut_the_newer_one_counts(tmp_path: Path) -> None:
    remembered(tmp_path)
    other = RestartState(tmp_path, "group")
    other.remember(
        [
            (
                {D0: 5, H0: 7, D1: 0, H1: 1},
                {D0: offsets(6, 7, 8, 9), H0: offsets(), D1: offsets(), H1: offsets()},
            )
        ]
    )
    (found,) = recall(tmp_path, {D0: 5, H0: 7}, [D0, H0])
    assert found.done[D0] == {6, 7, 8, 9}


@pytest.mark.parametrize("content", [b"{", b"", b"\0" * 64, b'[{"cut":{"\xff":1},"resolved":{}}]'])
def test_a_file_that_is_broken_or_gone_costs_exactness_only(tmp_path: Path, content: bytes) -> None:
    remembered(tmp_path)
    for file in tmp_path.glob("*.json"):
        file.write_bytes(content)
    assert recall(tmp_path, {D0: 5, H0: 7}, [D0, H0]) == [Restart(doubtful=True)]


def test_more_runs_than_are_kept_cost_exactness_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart_state, "MAX_RANGES", 2)
    state = RestartState(tmp_path, "group")
    state.remember([({D0: 5}, {D0: offsets(6, 8)})])
    state.remember([({D0: 7}, {D0: offsets(8, 10, 12)})])
    assert recall(tmp_path, {D0: 5}, [D0]) == [Restart({D0: frozenset({6, 8})})]
    assert recall(tmp_path, {D0: 7}, [D0]) == [Restart(doubtful=True)]


def test_a_folder_that_cannot_be_written_stops_nothing_and_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with capture_logs() as logs:
        remembered(tmp_path / "state")
    assert [(one["event"], one["folder"]) for one in logs] == [
        ("restarts will not be exact", str(tmp_path / "state"))
    ]
