"""Every training reads its tables as CSV, gzipped CSV and Parquet with its own types, and learns from the same rows."""

import datetime
import gzip
import io
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import compute, csv, parquet, types

from liftstream.contracts.errors import InputError
from liftstream.contracts.features import FEATURES
from liftstream.simulation.spending.shop import generate_shop
from liftstream.streams.definition_file import read_definition
from tests.streams.definitions import REFERENCES
from training import tables
from training.cross_selling.money_file import read_money
from training.cross_selling.practice_files import read_practice
from training.header import find_table
from training.look_alike.reading import read_users
from training.similar_items.reading import read_folder as read_cinema
from training.similar_items.reading import read_items
from training.spending.tables import read_folder as read_shop
from training.stream.rows import read_judged_rows
from training.uplift.files import read_experiment, read_table

ROWS = 1_000
IDS = pyarrow.array([f"0{i}" for i in range(ROWS)], pyarrow.large_string())
ODD, THIRD = ([i % n == 1 for i in range(ROWS)] for n in (2, 3))
TOWNS = pyarrow.array([("Köln", "東京", None)[i % 3] for i in range(ROWS)])
SPENT = pyarrow.array(
    [None if i % 7 == 0 else Decimal(i) / 10 for i in range(ROWS)], pyarrow.decimal128(9, 1)
)
AGES = pyarrow.array([None if i % 9 == 0 else i % 60 for i in range(ROWS)], pyarrow.int16())
DAYS = [datetime.date(2026, 1, 1) + datetime.timedelta(days=i % 400) for i in range(ROWS)]
TIMES = pyarrow.array([datetime.datetime(2026, 1, 1, i % 24) for i in range(ROWS)], pyarrow.timestamp("us"))
KNOWN = {"town": TOWNS.dictionary_encode(), "spent": SPENT, "age": AGES, "since": DAYS, "at": TIMES}
LABELS = {"idx": range(ROWS), "label": ODD}
SHOP = generate_shop(4, users=20, months=3).data_object()
CARDS = """
name: cards
sides:
  payment:
    topic: a
    id: {path: card, type: uuid}
    features:
      spent: {type: number, missing: null}
      town: {type: text, missing: "??"}
      pin: {type: boolean}
      since: {type: date}
      at: {type: datetime}
answer:
  fields: {card: id, value: decision}
"""
STREAM = read_definition(CARDS, "cards.yaml", REFERENCES)


def table_at(folder: Path, name: str = "table") -> Path:
    found = find_table(folder, name)
    assert found is not None
    return found


def silent(_: str) -> None: ...


def read_mails(folder: Path) -> Any:
    return read_table(table_at(folder), "mail", "bought", ())


def read_trial(folder: Path) -> Any:
    return read_experiment(table_at(folder, "clients"), table_at(folder, "features"), None, "revenue", silent)


TRAININGS: dict[str, tuple[Callable[[Path], Any], dict[str, dict[str, Any]]]] = {
    "uplift, one table": (read_mails, {"table": {"mail": ODD, "bought": THIRD, **KNOWN}}),
    "uplift, an experiment": (
        read_trial,
        {
            "clients": {"client": IDS, "arm": [("original", "new")[i % 2] for i in range(ROWS)], "revenue": range(ROWS)},
            "features": {"uuid": IDS, **KNOWN},
        },
    ),
    "look-alike": (
        lambda folder: read_users(folder),
        {"users": {"user": IDS, "engaged": ODD, "vip": THIRD, "spent": SPENT.fill_null(0)}},
    ),
    "similar items": (
        lambda folder: read_cinema(folder, silent),
        {
            "items": {"item": IDS, "title": IDS, "release_date": DAYS},
            "interactions": {"user": IDS, "item": IDS, "watched_share": np.linspace(0, 1, ROWS), "like": ODD, "time": TIMES},
        },
    ),
    "spending": (read_shop, {name: pyarrow.Table.from_pylist(SHOP[name]) for name in ("users", "sessions", "products")}),
    "cross-selling": (
        lambda folder: read_practice(folder, 1, silent),
        {"X_train": {"idx": range(ROWS), **dict.fromkeys(FEATURES, ODD)}, "y_train": LABELS},
    ),
    "a stream": (
        lambda folder: read_judged_rows(folder, {one.name: one for one in STREAM.features}, silent, table_at(folder, "money")),
        {
            "X_train": {"idx": range(ROWS), "pin": ODD, **KNOWN},
            "y_train": LABELS,
            "money": {"idx": range(ROWS), "value": SPENT.fill_null(-1)},
        },
    ),
    "money": (
        lambda folder: read_money(table_at(folder), folder, np.arange(ROWS)),
        {"table": {"idx": range(ROWS), "value": SPENT.fill_null(-1)}},
    ),
}  # fmt: skip


def as_cells(table: pyarrow.Table) -> pyarrow.Table:
    """The table without types: truths are 1 and 0, times ISO 8601, everything else as text."""
    return pyarrow.table(
        [compute.cast(_cells(column), "string") for column in table.columns], table.column_names
    )


def _cells(column: Any) -> Any:
    if types.is_timestamp(column.type):
        return compute.strftime(column.cast(pyarrow.timestamp("s")), "%Y-%m-%dT%H:%M:%S")
    return compute.cast(column, "uint8") if types.is_boolean(column.type) else column


def write(table: pyarrow.Table, file: Path) -> None:
    text = io.BytesIO()
    csv.write_csv(as_cells(table), text)
    if file.parent.name == "parts":  # as Spark writes it
        _write_parts(table, file)
    elif file.suffix == ".parquet":
        parquet.write_table(table, file)
    else:
        file.write_bytes(gzip.compress(text.getvalue()) if file.suffix == ".gz" else text.getvalue())


def _write_parts(table: pyarrow.Table, folder: Path) -> None:
    middle = len(table) // 2
    for number, rows in enumerate((table[:middle], table[middle:])):
        (folder / f"month={number + 1}").mkdir(parents=True)
        parquet.write_table(rows, folder / f"month={number + 1}" / f"part-0000{number}-5f0c.snappy.parquet")
    (folder / "_temporary" / "0").mkdir(parents=True)
    (folder / "_temporary" / "0" / "part-00002-5f0c.snappy.parquet").write_bytes(b"broken off")
    (folder / "_SUCCESS").touch()


def plain(found: Any) -> Any:
    """Lists, numbers and texts, whatever the training makes of its rows; without the names of files."""
    if isinstance(found, np.ndarray):
        return found.tolist()
    if isinstance(found, dict):
        return {name: plain(value) for name, value in found.items()}
    if hasattr(found, "__dataclass_fields__"):
        named = {field.name: getattr(found, field.name) for field in fields(found)}
        return {name: plain(value) for name, value in named.items() if name not in ("source", "money")}
    return [plain(one) for one in found] if isinstance(found, tuple | list) else found


@pytest.mark.parametrize(("read", "written"), TRAININGS.values(), ids=TRAININGS)
def test_csv_gzipped_csv_parquet_and_its_parts_give_the_same(
    read: Callable[[Path], Any], written: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    found = []
    for kind, ending in (("csv", ".csv"), ("gz", ".csv.gz"), ("one", ".parquet"), ("parts", ".parquet")):
        folder = tmp_path / kind
        folder.mkdir()
        for name, columns in written.items():
            write(pyarrow.table(columns), folder / f"{name}{ending}")
        found.append(plain(read(folder)))
    np.testing.assert_equal(found[1], found[0])
    np.testing.assert_equal(found[2], found[0])
    np.testing.assert_equal(found[3], found[0])


@pytest.mark.parametrize(("read", "written"), TRAININGS.values(), ids=TRAININGS)
def test_parts_without_a_column_that_the_first_one_has_are_refused_by_name(
    read: Callable[[Path], Any], written: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, columns in written.items():
        write(pyarrow.table(columns), folder / f"{name}.parquet")
        for file in (folder / f"{name}.parquet" / "month=2").iterdir():
            parquet.write_table(pyarrow.table({"other": [1]}), file)
    with pytest.raises(InputError, match=r"month=2/part-00001-5f0c\.snappy\.parquet"):
        read(folder)


def test_parts_whose_types_do_not_fit_together_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "table.parquet").mkdir()
    for number, bought in enumerate((THIRD, [str(one) for one in THIRD])):
        parquet.write_table(
            pyarrow.table({"mail": ODD, "bought": bought, "age": AGES}),
            tmp_path / "table.parquet" / f"{number}.parquet",
        )
    with pytest.raises(
        InputError, match=r"its files do not fit together: [^\n]*bought[^\n]*; write a column with one type"
    ):
        read_mails(tmp_path)


def test_a_folder_without_parts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.parquet").mkdir()
    with pytest.raises(InputError, match="a folder without Parquet files"):
        read_mails(tmp_path)


def test_a_column_of_lists_is_refused_by_name_unless_it_is_not_needed(tmp_path: Path) -> None:
    table = pyarrow.table({"mail": ODD, "bought": THIRD, "age": AGES, "tags": [["a", "b"]] * ROWS})
    parquet.write_table(table, tmp_path / "table.parquet")
    assert len(read_table(tmp_path / "table.parquet", "mail", "bought", ("age",))) == ROWS
    with pytest.raises(
        InputError, match=r"column tags: cells of type list<.*> cannot be used; accepted are numbers"
    ):
        read_mails(tmp_path)


def test_a_column_that_pandas_named_for_want_of_a_name_is_read_like_others(tmp_path: Path) -> None:
    write(pyarrow.table({"Unnamed: 0": range(ROWS), "mail": ODD, "bought": THIRD}), tmp_path / "table.csv")
    assert list(read_mails(tmp_path).table) == ["Unnamed: 0"]


@pytest.mark.parametrize(("read", "written"), TRAININGS.values(), ids=TRAININGS)
def test_a_broken_parquet_file_is_refused_in_one_line(
    read: Callable[[Path], Any], written: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    for name in written:
        (tmp_path / f"{name}.parquet").write_bytes(b"PAR1 and more")
    with pytest.raises(InputError, match=r"\.parquet: cannot be read: [^\n]*$"):
        read(tmp_path)


def test_cells_of_several_lines_may_stand_anywhere_in_a_large_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "BLOCK_BYTES", 2_000)
    file = tmp_path / "items.csv"
    lines = "of many\nlines, "
    rows = [f'i{i},Title {i},2026-01-31,"{lines * (i % 40)}"' for i in range(ROWS)]
    file.write_text("\n".join(['item,title,release_date,"about\nit"', *rows]))
    assert read_items(file).title.tolist() == [f"Title {i}" for i in range(ROWS)]
