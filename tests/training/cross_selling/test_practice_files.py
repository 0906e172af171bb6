"""The practice's files: read in any order of rows and columns, or refused in one line that names the place."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from liftstream.contracts.errors import InputError
from liftstream.contracts.features import FEATURES
from testbed.examples import examples
from training.cross_selling.dataset import LabelledClients, simulate
from training.cross_selling.practice_files import read_judged, read_practice

ROWS = 1_000
Table = list[list[str]]


def tables(rows: LabelledClients, first_idx: int) -> tuple[Table, Table]:
    """The two files of some rows, as cells."""
    idx = [str(first_idx + 7 * i) for i in range(len(rows))]
    features = [
        ["idx", *FEATURES],
        *([i, *map(str, row)] for i, row in zip(idx, rows.features.tolist(), strict=True)),
    ]
    labels = [["idx", "label"], *([i, str(label)] for i, label in zip(idx, rows.label.tolist(), strict=True))]
    return features, labels


def write(path: Path, table: Table) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(table)


@pytest.fixture(scope="module")
def rows() -> LabelledClients:
    return simulate(ROWS, 1).train


@pytest.fixture
def folder(tmp_path: Path, rows: LabelledClients) -> Path:
    features, labels = tables(rows, 100)
    write(tmp_path / "X_train.csv", features)
    write(tmp_path / "y_train.csv", labels)
    return tmp_path


def read(folder: Path) -> list[str]:
    said: list[str] = []
    read_practice(folder, 1, said.append)
    return said


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def change(path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(edit(lines_of(path))) + "\n", encoding="utf-8")


def by_idx(data: LabelledClients) -> dict[bytes, int]:
    return {row.tobytes(): int(label) for row, label in zip(data.features, data.label, strict=True)}


def test_rows_and_columns_may_come_in_any_order(folder: Path, rows: LabelledClients) -> None:
    features, _ = tables(rows, 100)
    shuffle = random.Random(3)
    columns = list(range(len(features[0])))
    shuffle.shuffle(columns)
    body = features[1:]
    shuffle.shuffle(body)
    write(folder / "X_train.csv", [[row[c] for c in columns] for row in [features[0], *body]])
    data = read_practice(folder, 1, pytest.fail)
    assert len(data.train) + len(data.held_out) == ROWS
    assert {**by_idx(data.train), **by_idx(data.held_out)} == by_idx(rows)


def test_test_files_are_used_where_both_are_there(folder: Path, rows: LabelledClients) -> None:
    test = simulate(ROWS, 2).train
    for name, table in zip(("X_test.csv", "y_test.csv"), tables(test, 5), strict=True):
        write(folder / name, table)
    data = read_practice(folder, 1, pytest.fail)
    assert np.array_equal(data.train.features, rows.features)
    assert np.array_equal(data.held_out.features, test.features)
    assert np.array_equal(data.held_out.label, test.label)


def test_one_test_file_without_its_partner_is_said_aloud(folder: Path) -> None:
    (folder / "X_test.csv").write_text("idx\n")
    assert [("y_test.csv" in line, "left out" in line) for line in read(folder)] == [(True, True)]


def test_other_columns_are_ignored_aloud_and_a_mark_of_utf_8_and_blank_lines_at_the_end_in_silence(
    folder: Path,
) -> None:
    path = folder / "X_train.csv"
    change(path, lambda lines: [line + (",city" if i == 0 else ",Bonn") for i, line in enumerate(lines)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\n\n")
    assert [line.split(": ", 1)[1] for line in read(folder)] == ["ignored: 'city'"]


def cell(path: str, row: int, column: int, text: str) -> Callable[[Path], None]:
    def edit(lines: list[str]) -> list[str]:
        cells = lines[row].split(",")
        cells[column] = text
        return [*lines[:row], ",".join(cells), *lines[row + 1 :]]

    return lambda folder: change(folder / path, edit)


def on(path: str, edit: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    return lambda folder: change(folder / path, edit)


MISTAKES = {
    "no file": (lambda folder: (folder / "y_train.csv").unlink(), ["y_train.csv", "No such file"]),
    "a folder": (
        lambda folder: ((folder / "y_train.csv").unlink(), (folder / "y_train.csv").mkdir()),
        ["y_train.csv", "directory"],
    ),
    "empty": (lambda folder: (folder / "X_train.csv").write_bytes(b""), ["X_train.csv", "empty"]),
    "header only": (on("X_train.csv", lambda lines: lines[:1]), ["X_train.csv", "without rows"]),
    "missing column": (cell("X_train.csv", 0, 1, "Age"), ["X_train.csv", "no column 'age'", "'Age'"]),
    "column twice": (cell("X_train.csv", 0, 2, "age"), ["X_train.csv", "'age'", "twice"]),
    "text in a number": (cell("X_train.csv", 7, 1, "forty"), ["X_train.csv", "row 7", "column age", "'forty'", "0 to 130"]),
    "nothing": (cell("X_train.csv", 8, 5, ""), ["X_train.csv", "row 8", "column cat1", "an empty cell"]),
    "NA": (cell("X_train.csv", 9, 5, "NA"), ["X_train.csv", "row 9", "column cat1", "'NA'"]),
    "a product bought twice": (cell("X_train.csv", 9, 5, "2"), ["row 9", "column cat1", "'2'", "0 to 1"]),
    "half a year": (cell("X_train.csv", 9, 1, "41.5"), ["row 9", "column age", "'41.5'"]),
    "a label that is no label": (cell("y_train.csv", 3, 1, "2"), ["y_train.csv", "row 3", "column label", "'2'", "0 to 1"]),
    "idx twice": (cell("X_train.csv", 5, 0, "100"), ["X_train.csv", "row 5", "column idx", "100", "row 1"]),
    "idx twice in labels": (cell("y_train.csv", 5, 0, "100"), ["y_train.csv", "row 5", "100", "row 1"]),
    "a client without label": (cell("y_train.csv", 5, 0, "99"), ["X_train.csv", "row 5", "128", "no label", "y_train.csv"]),
    "a label without client": (
        on("y_train.csv", lambda lines: [*lines[:4], "77,1", *lines[4:]]),
        ["y_train.csv", "row 4", "77", "no features", "X_train.csv"],
    ),
    "a row too long": (on("X_train.csv", lambda lines: [*lines[:4], lines[4] + ",1", *lines[5:]]), ["X_train.csv", "line 5"]),
    "every row too long": (
        on("y_train.csv", lambda lines: [lines[0], *(line + ",1" for line in lines[1:])]),
        ["y_train.csv", "every line needs as many values as the header"],
    ),
    "a row too short": (on("y_train.csv", lambda lines: [*lines[:4], "121", *lines[5:]]), ["y_train.csv", "row 4", "label", "an empty cell"]),
    "a blank line": (on("y_train.csv", lambda lines: [*lines[:4], "", *lines[4:]]), ["y_train.csv", "row 4", "idx", "an empty cell"]),
    "true and false": (
        on("y_train.csv", lambda lines: [lines[0], *(line.replace(",1", ",True").replace(",0", ",False") for line in lines[1:])]),
        ["y_train.csv", "row 1", "label"],
    ),
    "one class": (
        on("y_train.csv", lambda lines: [lines[0], *(line.split(",")[0] + ",1" for line in lines[1:])]),
        ["y_train.csv", "every label is 1"],
    ),
    "few rows": (
        lambda folder: [change(folder / f"{x}_train.csv", lambda lines: lines[:50]) for x in "Xy"],
        ["X_train.csv", "49 rows", "1,000"],
    ),
    "not UTF-8": (
        lambda folder: (folder / "y_train.csv").write_bytes((folder / "y_train.csv").read_bytes() + b"\xff\xfe,1\n"),
        ["y_train.csv", "not UTF-8"],
    ),
    "not text": (lambda folder: (folder / "y_train.csv").write_bytes(b"\x93NUMPY\x01\x00"), ["y_train.csv", "UTF-8"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_in_one_line_with_its_place(folder: Path, mistake: str) -> None:
    make, expected = MISTAKES[mistake]
    make(folder)
    with pytest.raises(InputError) as caught:
        read(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert [part for part in expected if part not in message] == [], message


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    row=st.integers(1, ROWS),
    column=st.integers(1, len(FEATURES)),
    text=st.text("01.-+eE xnaftr5/,\"'\n", max_size=6),
)
def test_any_text_in_a_cell_is_read_as_that_number_or_refused_with_its_row(
    folder: Path, rows: LabelledClients, row: int, column: int, text: str
) -> None:
    features, _ = tables(rows, 100)
    features[row][column] = text
    write(folder / "X_train.csv", features)
    highest = 130 if column == 1 else 1
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number in range(highest + 1):
        data = read_practice(folder, 1, pytest.fail)
        assert len(data.train) + len(data.held_out) == ROWS
    else:
        with pytest.raises(InputError, match=rf"X_train.csv, row {row}, column {FEATURES[column - 1]}: "):
            read(folder)


def test_files_for_other_topics_are_told_of_the_stream_definition(tmp_path: Path) -> None:
    (tmp_path / "X_train.csv").write_text("idx,tariff,calls\n1,a,2\n")
    with pytest.raises(InputError, match=r"header: none of the shop's 113 features; .*--stream FILE"):
        read_practice(tmp_path, 1, pytest.fail)


def test_nothing_is_said_of_rows_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="X_train.csv: cannot be read"):
        read_judged(tmp_path, pytest.fail)
