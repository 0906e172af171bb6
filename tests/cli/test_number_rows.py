"""Numbers read row by row are those that are read as text, or the chunk is read as text."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from liftstream.cli.files import rows_file
from liftstream.cli.files.rows_file import read_chunks
from liftstream.scoring.fields.cells import read_numbers

COLUMNS = ("a", "b", "word", "c")
NUMERIC = frozenset({"a", "b", "c"})


def write(path: Path, rows: list[list[str]]) -> str:
    path.write_text("\n".join(",".join(row) for row in [list(COLUMNS), *rows]) + "\n")
    return str(path)


def columns_of(path: str, missing: set[str], numeric: frozenset[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for chunk in read_chunks(path, COLUMNS, missing, numeric):
        for name, values in chunk.columns.items():
            found[name] += read_numbers(values, "double")[0].tolist()
    return found


@pytest.mark.parametrize("seed", range(20))
def test_columns_are_the_same_with_and_without(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_file, "CELLS_AT_ONCE", 4 * 7)
    random = Random(seed)
    odd = ["", "NA", "-1", "nan", "inf", "1_000", "x", " 2 ", "1e5", "0x10", "٣", '"3.5"'][
        : random.choice([1, 2, 3, 12])
    ]
    cells = [*(f"{random.uniform(-9, 9):.6f}" for _ in range(20)), *odd]
    rows = [
        [random.choice(cells) if random.random() < 0.3 else f"{random.random()}" for _ in COLUMNS]
        for _ in range(60)
    ]
    path, missing = write(tmp_path / "in.csv", rows), set(random.choice([[], ["NA"], ["NA", "-1"]]))
    np.testing.assert_equal(columns_of(path, missing, NUMERIC), columns_of(path, missing, frozenset()))


def test_plain_numbers_come_as_numbers_and_words_as_words(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", [["1", "2.5", "7", ""], ["3", "4", "x_y", "5"]][:1] * 3)
    (chunk,) = read_chunks(path, COLUMNS, set(), NUMERIC)
    assert chunk.columns["b"].tolist() == [2.5] * 3
    assert np.isnan(chunk.columns["c"]).all()
    assert chunk.columns["word"].tolist() == ["7"] * 3


@pytest.mark.parametrize("cell", ["nan", "1_000", "x"])
def test_what_is_no_plain_number_makes_the_chunk_text(cell: str, tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", [["1", cell, "w", "3"]])
    (chunk,) = read_chunks(path, COLUMNS, set(), NUMERIC)
    assert chunk.columns["b"].tolist() == [cell]
    assert chunk.columns["a"].tolist() == ["1"]
