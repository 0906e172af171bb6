"""Ids and names of arms are text to the byte, whatever holds the column."""

import math

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from liftstream.experiment.data.texts import texts


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
