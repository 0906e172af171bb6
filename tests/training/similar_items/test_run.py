"""A whole training on a generated catalogue whose groups are known, and the snapshot that it leaves."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from pyarrow import parquet

from liftstream.contracts.errors import InputError
from tests.training.similar_items.small_cinema import SEED, small_cinema
from training.similar_items.cold import fold_in_titles
from training.similar_items.generated import generate
from training.similar_items.lookup import find_title, neighbours_of
from training.similar_items.neighbours import Rules
from training.similar_items.preparation import ListOptions, prepare
from training.similar_items.run import ListsResult, options_of, take_snapshot, train_lists, write_card
from training.similar_items.snapshot import (
    CARD,
    LISTS,
    TITLES,
    ListsCard,
    Snapshot,
    read_options,
    read_snapshot,
    write_snapshot,
)
from training.similar_items.watching import Watching

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def train(options: ListOptions = ListOptions(most_rank=16)) -> ListsResult:  # noqa: B008
    catalogue, watching, group = small_cinema()
    return train_lists(catalogue, watching, options, SEED, lambda _: nullcontext(), group)


@pytest.fixture(scope="module")
def result() -> ListsResult:
    return train()


@pytest.fixture(scope="module")
def snapshot(result: ListsResult) -> Snapshot:
    return take_snapshot(result, CREATED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 2024])
def test_premieres_hold_half_the_places_and_more_of_the_own_group_is_found(seed: int) -> None:
    catalogue, watching, group = generate(2_000, 8_000, 300_000, seed)
    found = train_lists(catalogue, watching, ListOptions(), seed, lambda _: nullcontext(), group)
    before, after = found.before, found.after
    assert before.figures.premiere_share > 2 * found.prepared.premiere.mean()  # they do drown the others
    assert after.figures.premiere_share <= before.figures.premiere_share / 2
    assert before.own_group is not None
    assert after.own_group is not None
    assert after.own_group >= before.own_group


def test_the_same_seed_gives_the_same_lists(result: ListsResult, snapshot: Snapshot) -> None:
    again = take_snapshot(train(), CREATED)
    assert again.version == snapshot.version
    assert np.array_equal(again.lists.neighbour, snapshot.lists.neighbour)


def test_titles_without_support_have_no_list_and_stand_in_none(result: ListsResult) -> None:
    catalogue, watching, _ = small_cinema()
    strict = prepare(catalogue, watching, ListOptions(min_support=60), SEED)
    assert 0 < len(strict.catalogue) < len(result.prepared.catalogue)
    gone = strict.left_out
    assert gone.titles_below_support + gone.titles_without_views + len(strict.catalogue) == len(catalogue)
    with pytest.raises(InputError, match="lower --min-support"):
        prepare(catalogue, watching, ListOptions(min_support=100_000), SEED)


def test_premieres_begin_60_days_before_the_newest_view(result: ListsResult) -> None:
    _, watching, _ = small_cinema()
    newest = watching.time.max().astype("datetime64[D]")
    assert result.prepared.premieres_from == newest - np.timedelta64(60, "D")
    assert options_of(result)["premieres_from"] == str(result.prepared.premieres_from)


def test_a_snapshot_is_read_back_as_it_was_written(
    result: ListsResult, snapshot: Snapshot, tmp_path: Path
) -> None:
    file = write_snapshot(snapshot, write_card(result, snapshot, CREATED, "test"), tmp_path)
    again = read_snapshot(tmp_path)
    assert again.version == snapshot.version
    assert again.version.startswith("20260102T030405Z-")
    assert np.array_equal(again.lists.neighbour, snapshot.lists.neighbour)
    assert np.array_equal(again.lists.score, snapshot.lists.score)
    assert np.array_equal(again.titles.vectors, snapshot.titles.vectors)
    assert np.array_equal(again.user_vectors, snapshot.user_vectors)
    table = parquet.read_table(file)
    assert set(table["snapshot"].to_pylist()) == {snapshot.version}
    assert table.num_rows == int(snapshot.lists.filled.sum())
    card = msgspec.json.decode((tmp_path / CARD).read_bytes(), type=ListsCard)
    assert (card.snapshot, card.items) == (snapshot.version, len(snapshot))
    assert read_options(tmp_path).to_dict() == options_of(result)


def test_files_of_two_snapshots_are_not_taken_for_one(
    result: ListsResult, snapshot: Snapshot, tmp_path: Path
) -> None:
    write_snapshot(snapshot, write_card(result, snapshot, CREATED, "test"), tmp_path)
    older = (tmp_path / TITLES).read_bytes()
    later = take_snapshot(result, CREATED.replace(year=2027))
    write_snapshot(later, write_card(result, later, CREATED, "test"), tmp_path)
    (tmp_path / TITLES).write_bytes(older)
    with pytest.raises(InputError, match="its files are of the snapshots 2026.*, 2027"):
        read_snapshot(tmp_path)
    (tmp_path / LISTS).write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not a snapshot of similar items"):
        read_snapshot(tmp_path)


def test_a_title_is_found_by_name_in_any_case_or_by_id(snapshot: Snapshot) -> None:
    about = snapshot.titles.catalogue
    assert find_title(about, str(about.title[7]).upper()) == 7
    assert find_title(about, str(about.item[7])) == 7
    with pytest.raises(InputError, match=f"no title .*near it: .*{about.title[7]}"):
        find_title(about, str(about.title[7])[:-1])
    rows = neighbours_of(snapshot, 7)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows == sorted(rows, key=lambda row: -row["score"])


def test_a_new_title_that_people_of_a_group_like_gets_neighbours_of_that_group(
    snapshot: Snapshot, result: ListsResult
) -> None:
    catalogue, watching, group = small_cinema()
    mine = group[watching.item] == 4
    fans = np.unique(watching.user[mine & (watching.share > 0.7)])[:40]
    new = catalogue.take(np.array([0]))
    new.item[0], new.title[0] = "new", "Newcomer"
    seen = Watching(
        np.zeros(len(fans), np.int32),
        np.arange(len(fans), dtype=np.int32),
        np.ones(len(fans), np.float32),
        *(np.zeros(len(fans), np.bool_),) * 3,
        np.full(len(fans), np.datetime64("NaT", "s")),
        watching.users[fans],
    )
    cold = fold_in_titles(snapshot, ListOptions.of(options_of(result)), new, seen)
    named = cold.lists.neighbour[0]
    of_group = group[result.prepared.kept][named] == 4
    assert of_group.mean() >= 0.5
    nobody = seen.take(np.arange(2))
    assert fold_in_titles(snapshot, ListOptions(), new, nobody).too_few == 1


def test_filters_hold_in_a_whole_training() -> None:
    found = train(ListOptions(most_rank=16, rules=Rules(5, same_genre=True, same_age=True, most_lists=7)))
    about, lists = found.prepared.catalogue, found.after.lists
    item, place = np.nonzero(lists.filled)
    neighbour = lists.neighbour[item, place]
    assert (about.genres[item] & about.genres[neighbour]).any(axis=1).all()
    assert (about.age[neighbour] <= about.age[item]).all()
    assert found.after.figures.most_lists <= 7
