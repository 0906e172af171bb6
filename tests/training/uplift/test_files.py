"""Files become clients, and what is wrong with one is said in a line with file, row, column and value."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from training.uplift.files import read_experiment, read_table

ROWS = 900


def table(tmp_path: Path, **change: tuple[int, str, str]) -> Path:
    """A file of clients in which some cells may be changed: name -> (row from 1, column, text)."""
    rng = np.random.default_rng(1)
    rows = [
        {
            "age": str(20 + i % 50),
            "channel": ("Web", "Phone", "")[i % 3],
            "email": str(i % 2),
            "bought": str(int(rng.random() < 0.3)),
        }
        for i in range(ROWS)
    ]
    for row, column, text in change.values():
        rows[row - 1][column] = text
    file = tmp_path / "clients.csv"
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    file.write_text("\n".join(lines) + "\n")
    return file


def test_numbers_stay_numbers_texts_stay_texts_and_an_empty_cell_is_missing(tmp_path: Path) -> None:
    clients = read_table(table(tmp_path, a=(7, "age", "")), "email", "bought", ())
    assert list(clients.table) == ["age", "channel"]
    assert np.isnan(clients.table["age"][6])
    assert clients.table["channel"][:3].tolist() == ["Web", "Phone", None]
    assert clients.treatment[:3].tolist() == [0, 1, 0]
    only = read_table(table(tmp_path), "email", "bought", ("age",))
    assert list(only.table) == ["age"]


def test_a_compressed_file_is_read_as_well(tmp_path: Path) -> None:
    plain = table(tmp_path)
    packed = tmp_path / "clients.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert (
        read_table(packed, "email", "bought", ()).outcome == read_table(plain, "email", "bought", ()).outcome
    ).all()


@pytest.mark.parametrize(
    ("row", "column", "text", "said"),
    [
        (5, "email", "2", "row 5, column email: '2' is not 0 (left alone) or 1 (influenced)"),
        (5, "email", "", "row 5, column email: an empty cell is not 0 (left alone) or 1 (influenced)"),
        (
            9,
            "bought",
            "yes",
            "row 9, column bought: 'yes' is not a number; an outcome is 0 or 1, or an amount",
        ),
        (9, "age", "old", "row 9, column age: 'old' is not a number, as the others of this column are"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(
    tmp_path: Path, row: int, column: str, text: str, said: str
) -> None:
    file = table(tmp_path, a=(row, column, text))
    with pytest.raises(InputError) as refused:
        read_table(file, "email", "bought", ())
    assert str(refused.value).startswith(f"{file}, {said}")


def test_columns_that_are_not_there_are_named_with_what_is_near(tmp_path: Path) -> None:
    file = table(tmp_path)
    with pytest.raises(InputError, match=r"header: no column 'e-mail'; there is 'email'"):
        read_table(file, "e-mail", "bought", ())
    with pytest.raises(InputError, match=r"no column 'incom'"):
        read_table(file, "email", "bought", ("age", "incom"))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv", "email", "bought", ())


def experiment(tmp_path: Path, arms: str = "original,candidate", skip: int = 0) -> tuple[Path, Path]:
    """An experiment's clients, and what is known of them in another order."""
    clients, features = tmp_path / "clients.csv", tmp_path / "features.csv"
    names, rng = arms.split(","), np.random.default_rng(2)
    lines = [f"{1000 + i},{names[i % len(names)]},{rng.integers(0, 2)},0" for i in range(ROWS)]
    clients.write_text("\n".join(["client,arm,revenue,look", *lines]) + "\n")
    known = [f"{1000 + i},{i % 37},{i % 2}" for i in range(ROWS - 1, skip - 1, -1)]
    features.write_text("\n".join(["uuid,age,man", *known]) + "\n")
    return clients, features


def test_an_experiment_s_clients_are_joined_with_what_is_known_of_them(tmp_path: Path) -> None:
    said: list[str] = []
    clients = read_experiment(*experiment(tmp_path, skip=5), None, "revenue", said.append)
    assert len(clients) == ROWS - 5
    assert said == [
        f"5 clients of {tmp_path / 'clients.csv'} are left out: {tmp_path / 'features.csv'} does not know them"
    ]
    assert clients.table["age"].tolist() == [i % 37 for i in range(5, ROWS)]
    assert clients.treatment.tolist() == [i % 2 for i in range(5, ROWS)]


def test_of_several_arms_one_is_named_and_arms_that_are_not_there_are_refused(tmp_path: Path) -> None:
    files = experiment(tmp_path, "original,mail,call")
    with pytest.raises(
        InputError, match="the arms are 'original', 'mail', 'call'; name the influenced one by --treatment"
    ):
        read_experiment(*files, None, "revenue", print)
    assert len(read_experiment(*files, "call", "revenue", print)) == 600
    with pytest.raises(InputError, match="no client of the arm 'visit'"):
        read_experiment(*files, "visit", "revenue", print)
    with pytest.raises(
        InputError, match="no client of the arm 'original', which is left alone; there are 'a', 'b'"
    ):
        read_experiment(*experiment(tmp_path, "a,b"), None, "revenue", print)


def test_a_client_who_stands_there_twice_is_named(tmp_path: Path) -> None:
    clients, features = experiment(tmp_path)
    features.write_text(features.read_text() + "1003,5,1\n")
    with pytest.raises(InputError, match=rf"row {ROWS + 1}, column uuid: 1003 stands in row 897 already"):
        read_experiment(clients, features, None, "revenue", print)


@pytest.mark.parametrize("prefix", ["client-", "0", "6f1e0a52-4f0b-4c57-9d2e-0c5f8f2b"])
def test_ids_may_be_any_text_and_keep_their_zeros(prefix: str, tmp_path: Path) -> None:
    numbers = [file.read_text() for file in experiment(tmp_path)]
    plain = read_experiment(*experiment(tmp_path), None, "revenue", pytest.fail)
    files = tmp_path / "clients.csv", tmp_path / "features.csv"
    for file, text in zip(files, numbers, strict=True):
        head, *lines = text.splitlines()
        file.write_text("\n".join([head, *(prefix + line for line in lines)]))
    found = read_experiment(*files, None, "revenue", pytest.fail)
    assert found.table["age"].tolist() == plain.table["age"].tolist()
    files[1].write_text(files[1].read_text() + "\n1003,5,1\n")  # another client than 01003
    assert len(read_experiment(*files, None, "revenue", pytest.fail)) == ROWS
    files[1].write_text(files[1].read_text() + f"{prefix}1003,5,1\n")
    with pytest.raises(InputError, match=rf"column uuid: {prefix}1003 stands in row 897 already"):
        read_experiment(*files, None, "revenue", pytest.fail)


def test_arms_may_be_numbers_and_a_client_needs_a_name(tmp_path: Path) -> None:
    files = experiment(tmp_path, "original,1")
    assert len(read_experiment(*files, "1", "revenue", pytest.fail)) == ROWS
    files[0].write_text(files[0].read_text().replace("1005,", ",", 1))
    with pytest.raises(InputError, match="row 6, column client: an empty cell is no client"):
        read_experiment(*files, "1", "revenue", pytest.fail)
