"""Files with the features of a stream: read as a worker would read records, refused by file, row and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from liftstream.evaluation.money import Stakes
from liftstream.streams.definition import Feature
from liftstream.streams.definition_file import read_definition
from tests.streams.definitions import REFERENCES
from training.stream.rows import StreamRows, read_judged_rows

DEFINITION = """
name: cards
sides:
  payment:
    topic: a
    id: {path: card, type: uuid}
    features:
      amount: {path: sum.amount, type: number, range: [0, 1000]}
      mean: {type: number, missing: null}
      country: {type: text, missing: "??"}
      channel: {type: text, categories: [chip, web]}
      pin: {type: boolean}
      new: {type: flag, missing: 0}
      issued_on: {type: date, missing: null, unit: ms}
answer:
  fields: {card: id, value: decision}
"""
FEATURES: dict[str, Feature] = {
    one.name: one for one in read_definition(DEFINITION, "cards.yaml", REFERENCES).features
}
HEADER = "idx,channel,amount,mean,country,pin,new,issued_on"
ROW = "{},chip,5.5,,,True,,2024-02-29"
ROWS = 1_000


def write(folder: Path, part: str = "test", **changes: Any) -> None:
    """A thousand rows; those at `rows` are given, `header` and `labels` may be others."""
    lines = [ROW.format(number) for number in range(ROWS)]
    for number, line in changes.get("rows", {}).items():
        lines[number] = line.format(number)
    labels = changes.get("labels", [f"{number},{number % 2}" for number in range(ROWS)])
    (folder / f"X_{part}.csv").write_text("\n".join([changes.get("header", HEADER), *lines]) + "\n")
    (folder / f"y_{part}.csv").write_text("\n".join(["idx,label", *labels]) + "\n")


def read(folder: Path, said: list[str] | None = None, money: Any = None) -> StreamRows:
    say = [].append if said is None else said.append
    return read_judged_rows(folder, FEATURES, say, Stakes(4, 1) if money is None else money)


def test_cells_are_read_as_the_definition_has_them(tmp_path: Path) -> None:
    write(tmp_path, rows={1: "{},web,1e2,-3,007,false,1,", 2: "{},chip,0,,NA,1,true,1969-12-31"})
    found = read(tmp_path)
    rows = [[found.columns[name][row] for name in FEATURES] for row in range(3)]
    np.testing.assert_equal(rows[0], [5.5, np.nan, "??", "chip", 1.0, 0.0, "2024-02-29"])
    np.testing.assert_equal(rows[1], [100.0, -3.0, "007", "web", 0.0, 1.0, None])
    np.testing.assert_equal(rows[2], [0.0, np.nan, "NA", "chip", 1.0, 1.0, "1969-12-31"])
    assert (len(found), found.label[:3].tolist(), found.worth[:2].tolist()) == (ROWS, [0, 1, 0], [-1.0, 4.0])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{},chip,five,,,True,,", "row 8, column amount: 'five': it is not a number: 'five'"),
        ("{},chip,1_0,,,True,,", "row 8, column amount: '1_0': it is not a number: '1_0'"),
        ("{},chip,1001,,,True,,", "row 8, column amount: '1001': it 1001.0 is not within 0 to 1000"),
        ("{},chip,,,,True,,", "row 8, column amount: an empty cell: it missing"),
        ("{},chip,nan,,,True,,", "row 8, column amount: 'nan': it is not a number: nan"),
        ("{},phone,5,,,True,,", "row 8, column channel: 'phone': it is 'phone'; accepted are chip, web"),
        ("{},chip,5,,,yes,,", "row 8, column pin: 'yes': it is not true or false: 'yes'"),
        ("{},chip,5,,,True,2,", "row 8, column new: '2': new is 2.0; it is 0 or 1"),
        ("{},chip,5,,,True,,2024-02-30", "row 8, column issued_on: '2024-02-30': it is not a date like"),
        ("7.5,chip,5,,,True,,", "row 8, column idx: '7.5' is not a whole number"),
        ("6,chip,5,,,True,,", "row 8, column idx: 6 stands in row 7 already"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_by_file_row_and_column(
    tmp_path: Path, line: str, said: str
) -> None:
    write(tmp_path, rows={7: line})
    with pytest.raises(InputError) as refused:
        read(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'X_test.csv'}, {said}")


def test_ids_may_be_texts_and_are_matched_as_they_are(tmp_path: Path) -> None:
    ids = [f"К-{number:04d}" for number in range(ROWS)]
    header, columns = HEADER, "{},chip,5.5,,,True,,2024-02-29"
    (tmp_path / "X_test.csv").write_text("\n".join([header, *(columns.format(one) for one in ids)]))
    labels = [f"{one},{row % 2}" for row, one in enumerate(ids)]
    (tmp_path / "y_test.csv").write_text("\n".join(["idx,label", *labels[::-1]]))
    money = tmp_path / "money.csv"
    money.write_text("\n".join(["idx,value", *(f"{one},{row}" for row, one in enumerate(ids))]))
    found = read(tmp_path, money=money)
    assert found.label.tolist() == [0, 1] * (ROWS // 2)
    assert found.worth.tolist() == list(range(ROWS))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",chip,5,,,True,,", "X_test.csv, row 8, column idx: an empty cell is no id"),
        ("К-1,chip,5,,,True,,", "X_test.csv, row 8, column idx: К-1 has no label in "),
    ],
)
def test_an_id_of_text_that_is_empty_or_alone_is_named(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path, rows={7: line})
    with pytest.raises(InputError, match=said):
        read(tmp_path)


def test_a_column_that_is_missing_is_named_and_one_too_many_is_said(tmp_path: Path) -> None:
    write(tmp_path, header=HEADER.replace("country", "land"))
    with pytest.raises(InputError, match="no column 'country'"):
        read(tmp_path)
    write(tmp_path, header=HEADER + ",more", rows=dict.fromkeys(range(ROWS), ROW + ",x"))
    said: list[str] = []
    read(tmp_path, said)
    assert said == [f"{tmp_path / 'X_test.csv'}: ignored: 'more'"]


def test_labels_are_matched_by_idx_and_the_rows_of_training_flatter(tmp_path: Path) -> None:
    write(tmp_path, "train", labels=[f"{n},{int(n < 10)}" for n in reversed(range(ROWS))])
    said: list[str] = []
    found = read(tmp_path, said)
    assert found.label.tolist() == [1] * 10 + [0] * (ROWS - 10)
    assert "flatter" in said[0]


def test_what_a_row_is_worth_may_come_from_a_file(tmp_path: Path) -> None:
    write(tmp_path)
    money = tmp_path / "money.csv"
    money.write_text("idx,value\n" + "".join(f"{n},{n / 2}\n" for n in range(ROWS)))
    assert read(tmp_path, money=money).worth[:3].tolist() == [0.0, 0.5, 1.0]


def test_too_few_rows_and_one_label_only_are_refused(tmp_path: Path) -> None:
    write(tmp_path, labels=[f"{n},1" for n in range(ROWS)])
    with pytest.raises(InputError, match="every label is 1; both 0 and 1"):
        read(tmp_path)
    (tmp_path / "X_test.csv").write_text(f"{HEADER}\n{ROW.format(0)}\n")
    (tmp_path / "y_test.csv").write_text("idx,label\n0,1\n")
    with pytest.raises(InputError, match="1 rows; at least 1,000"):
        read(tmp_path)
