"""The shop's own tables: CSV and Parquet give the same, and every cell that cannot be used is named."""

from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import csv, parquet

from liftstream.contracts.errors import InputError
from training.similar_items.reading import read_folder, read_new

ITEMS = """item,title,release_date,genres,age
a,The First,2019-05-01,Drama|Comedy,16+
b,"Second, the",2026-01-01,drama,0
c,Third,1999-12-31,,
"""
INTERACTIONS = """user,item,watched_share,favourite,like,dislike,time
u1,a,0.5,0,1,0,2026-01-02T10:00:00
u2,b,1,1,0,0,2026-01-02T11:00:00Z
u1,c,0,0,0,1,2026-01-03
u3,z,0.4,0,0,0,2026-01-03T00:00:01
"""


def write(folder: Path, items: str = ITEMS, interactions: str = INTERACTIONS) -> Path:
    (folder / "items.csv").write_text(items)
    (folder / "interactions.csv").write_text(interactions)
    return folder


def silent(_: str) -> None: ...


def test_tables_become_arrays_and_unknown_titles_are_left_out_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    catalogue, watching = read_new(write(tmp_path), said.append)
    assert catalogue.title.tolist() == ["The First", "Second, the", "Third"]
    assert catalogue.genre_names == ("comedy", "drama")
    assert catalogue.genres.tolist() == [[True, True], [False, True], [False, False]]
    assert catalogue.age.tolist() == [16, 0, 0]
    assert str(catalogue.released[2]) == "1999-12-31"
    assert [watching.users[user] for user in watching.user] == ["u1", "u2", "u1"]
    assert watching.item.tolist() == [0, 1, 2]
    assert watching.share.tolist() == [0.5, 1.0, 0.0]
    assert watching.favourite.tolist() == [False, True, False]
    assert watching.dislike.tolist() == [False, False, True]
    assert str(watching.time[1]) == "2026-01-02T11:00:00"
    assert said == [
        f"{tmp_path}/interactions.csv: 1 rows of titles that items.csv does not have are left out, first 'z'"
    ]


def test_parquet_with_its_own_types_gives_the_same_as_csv(tmp_path: Path) -> None:
    expected = read_new(write(tmp_path), silent)
    (tmp_path / "parquet").mkdir()
    table = csv.read_csv(tmp_path / "interactions.csv")
    flags = {name: table[name].cast(pyarrow.bool_()) for name in ("favourite", "like", "dislike")}
    for name, column in flags.items():
        table = table.set_column(table.column_names.index(name), name, column)
    parquet.write_table(table, tmp_path / "parquet/interactions.parquet")
    (tmp_path / "parquet/items.csv").write_text(ITEMS)
    found = read_new(tmp_path / "parquet", silent)
    for name in ("item", "user", "share", "favourite", "like", "dislike", "time", "users"):
        assert np.array_equal(getattr(found[1], name), getattr(expected[1], name)), name


def test_said_columns_and_times_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, "item,title,release_date\na,A,2020-01-01\n", "user,item,watched_share\nu,a,0.25\n")
    catalogue, watching = read_new(tmp_path, silent)
    assert catalogue.genres.shape == (1, 0)
    assert not watching.favourite.any()
    assert np.isnat(watching.time).all()


def test_seconds_since_1970_are_times(tmp_path: Path) -> None:
    write(tmp_path, ITEMS, "user,item,watched_share,time\nu,a,0.25,1767225600\n")
    assert str(read_new(tmp_path, silent)[1].time[0]) == "2026-01-01T00:00:00"


def test_milliseconds_and_dates_as_numbers_are_not_taken_for_times_of_distant_years(tmp_path: Path) -> None:
    write(tmp_path, ITEMS, "user,item,watched_share,time\nu,a,0.25,1767225600000\n")
    with pytest.raises(
        InputError, match="row 1, column time: '1767225600000' is not a time such .* up to 2200$"
    ):
        read_new(tmp_path, silent)
    number = pyarrow.array([20260131], pyarrow.int32())
    items = pyarrow.table({"item": ["a"], "title": ["The First"], "release_date": number})
    (tmp_path / "items.csv").unlink()
    parquet.write_table(items, tmp_path / "items.parquet")
    with pytest.raises(InputError, match="row 1, column release_date: 20260131 is not a date such as"):
        read_new(tmp_path, silent)


def test_offsets_of_times_are_counted_times_of_dates_cut_off_and_empty_ratings_none(tmp_path: Path) -> None:
    items = ITEMS.replace("2019-05-01", "2019-05-01 00:00:00").replace("1999-12-31", "1999-12-31T23:59:59")
    seen = "user,item,watched_share,like,time\nu,a,0.25,,2026-01-31T20:15:00+03:00\nv,b,1,1,2026-01-31 20:15:00Z\n"
    catalogue, watching = read_new(write(tmp_path, items, seen), silent)
    assert catalogue.released.astype(str).tolist() == ["2019-05-01", "2026-01-01", "1999-12-31"]
    assert watching.time.astype(str).tolist() == ["2026-01-31T17:15:00", "2026-01-31T20:15:00"]
    assert watching.like.tolist() == [False, True]
    texts = csv.read_csv(
        tmp_path / "interactions.csv",
        convert_options=csv.ConvertOptions(column_types={"time": pyarrow.large_string()}),
    )
    (tmp_path / "interactions.csv").unlink()
    parquet.write_table(texts, tmp_path / "interactions.parquet")
    assert read_new(tmp_path, silent)[1].time.tolist() == watching.time.tolist()


@pytest.mark.parametrize(
    ("items", "interactions", "message"),
    [
        (ITEMS.replace("1999-12-31", "31.12.1999"), INTERACTIONS, "items.csv, row 3, column release_date: '31.12.1999' is not a date such as 2026-01-31"),
        (ITEMS.replace("c,Third", "a,Third"), INTERACTIONS, "items.csv, row 3, column item: 'a' stands in row 1 already"),
        (ITEMS.replace("16+", "adult"), INTERACTIONS, "items.csv, row 1, column age: 'adult' is not an age from 0 to 99"),
        (ITEMS.replace("c,Third", "c,"), INTERACTIONS, "items.csv, row 3, column title: an empty cell is not a name"),
        (ITEMS.replace("title,", "name,"), INTERACTIONS, "items.csv, header: no column 'title'"),
        (ITEMS, INTERACTIONS.replace("u2,b,1,", "u2,b,1.5,"), "interactions.csv, row 2, column watched_share: '1.5' is not a number from 0 to 1"),
        (ITEMS, INTERACTIONS.replace("u2,b,1,", "u2,b,most,"), "interactions.csv, row 2, column watched_share: 'most' is not a number from 0 to 1"),
        (ITEMS, INTERACTIONS.replace("u1,c,0,0,0,1", "u1,c,0,0,0,yes"), "interactions.csv, row 3, column dislike: 'yes' is not 0 or 1"),
        (ITEMS, INTERACTIONS.replace("2026-01-03T00:00:01", "yesterday"), "interactions.csv, row 4, column time: 'yesterday' is not a time such as"),
        (ITEMS, INTERACTIONS.replace("u1,c", ",c"), "interactions.csv, row 3, column user: an empty cell is not a name"),
        (ITEMS, INTERACTIONS + "u5,a\n", "interactions.csv: .*every line needs as many values as the header"),
        (ITEMS, "user,item,watched_share\n", "interactions.csv: a header without rows"),
        (ITEMS, INTERACTIONS, "interactions.csv: 3 usable rows; training needs at least 100"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line_with_file_row_and_column(
    tmp_path: Path, items: str, interactions: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_folder(write(tmp_path, items, interactions), silent)
    assert "\n" not in str(caught.value)


def test_rows_are_counted_across_the_parts_of_a_long_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.tables.BLOCK_BYTES", 2_000)
    rows = [f"u{i},a,0.{i % 10}" for i in range(1_000)]
    rows[700] = "u700,a,often"
    write(tmp_path, ITEMS, "user,item,watched_share\n" + "\n".join(rows) + "\n")
    with pytest.raises(InputError, match="row 701, column watched_share: 'often'"):
        read_folder(tmp_path, silent)


def test_a_folder_without_tables_says_which_are_needed(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"holds no items; accepted is one of items.csv, items.csv.gz, items.parquet"
    ):
        read_folder(tmp_path, silent)
