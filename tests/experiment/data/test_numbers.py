"""Numbers are found in columns of any kind, and what is none is named by its row."""

import numpy as np
import pandas
import pyarrow
import pytest

from liftstream.experiment.data.numbers import numbers


@pytest.mark.parametrize("holder", [list, pyarrow.array])
def test_numbers_as_text_are_read_with_either_mark(holder: object) -> None:
    assert numbers(holder(["1.5", " 2 ", "TRUE", "1e3"]), "x")[[0, 1, 3]].tolist() == [1.5, 2.0, 1000.0]
    assert numbers(holder(["1,5", "-2", "NA"]), "x", ",")[:2].tolist() == [1.5, -2.0]
    assert np.isnan(numbers(holder(["NA", "", "null"]), "x")).all()
    assert numbers(holder(["TRUE", "false"]), "x").tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2024-01-02", "row 2 holds a date: '2024-01-02'"),
        ("$5", "without signs of currency"),
        ("1,5", "a decimal comma\\? then say decimal ','"),
        ("1_000", "row 2 holds a text: '1_000'"),
    ],
)
def test_what_is_no_number_is_named_by_row_with_what_to_do(cell: str, said: str) -> None:
    for holder in (list, pyarrow.array):
        with pytest.raises(ValueError, match=said):
            numbers(holder(["1", cell]), "x")


def test_a_column_of_dates_is_no_money() -> None:
    for column in (
        np.array(["2024-01-02"], dtype="datetime64[D]"),
        pandas.Series(pandas.to_datetime(["2024-01-02"])),
    ):
        with pytest.raises(ValueError, match="holds dates"):
            numbers(column, "x")
    with pytest.raises(ValueError, match="holds a date"):
        numbers(pyarrow.array([pandas.Timestamp("2024-01-02")]), "x")
