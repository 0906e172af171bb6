"""Ids stay text to the byte and numbers are found, whatever holds the columns."""

import math

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from liftstream import experiment
from liftstream.experiment.data.numbers import numbers
from liftstream.experiment.data.texts import texts

ROWS = {
    "client": [f"{i:03}" for i in range(60)],
    "arm": ["original", "candidate"] * 30,
    "revenue": [None, 1.0, 2.5] * 20,
}


@pytest.mark.parametrize("frame", [dict, pandas.DataFrame, polars.DataFrame, pyarrow.table])
def test_every_frame_gives_the_same_report(frame: object) -> None:
    expected = experiment.analyze(ROWS, blank_revenue="zero")
    found = experiment.analyze(frame(ROWS), blank_revenue="zero")
    assert (found.verdict.pvalue, found.clients, found.checks) == (
        expected.verdict.pvalue,
        expected.clients,
        expected.checks,
    )


@pytest.mark.parametrize("holder", [list, pyarrow.array, polars.Series, pandas.Series, np.array])
def test_texts_keep_leading_zeros_and_all_digits(holder: object) -> None:
    found = texts(holder(["01", "1", "9007199254740993", "01"]))
    assert [found.labels[code] for code in found.codes] == ["01", "1", "9007199254740993", "01"]


@pytest.mark.parametrize("holder", [np.array, pyarrow.array, polars.Series, pandas.Series])
def test_whole_numbers_of_60_bits_keep_all_their_digits(holder: object) -> None:
    found = texts(holder([2**60, 2**60 + 1, 2**60]))
    assert [found.labels[code] for code in found.codes] == [str(2**60), str(2**60 + 1), str(2**60)]


def test_large_ids_that_became_floating_point_numbers_are_refused() -> None:
    with pytest.raises(
        ValueError, match="above 2\\^53, in which different ids are one; read the column as text"
    ):
        texts(np.array([2.0**60, math.nan]), "client")
    assert texts(np.array([12.0, math.nan])).labels == ["12"]


@pytest.mark.parametrize("holder", [list, pyarrow.array])
def test_blank_ids_are_blank_and_no_client(holder: object) -> None:
    assert texts(holder(["a", None, "", "  ", "b"])).blank.tolist() == [False, True, True, True, False]


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
