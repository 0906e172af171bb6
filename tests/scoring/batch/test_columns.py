"""Columns: numbers with NaN for missing, words as codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.scoring.batch.columns import any_missing, encode


@given(st.lists(st.sampled_from([0.0, -0.0, 1.5, 1e308, -1e308, np.inf, -np.inf, np.nan]), max_size=12))
def test_a_missing_number_is_found_beside_whatever_else_there_is(values: list[float]) -> None:
    with np.errstate(all="ignore"):
        assert any_missing(np.array(values, dtype=np.float64)) == any(value != value for value in values)


@pytest.mark.parametrize("place", [(0, 0), (99, 1), (50, 1)])
def test_a_missing_number_is_found_anywhere_in_a_matrix(place: tuple[int, int]) -> None:
    matrix = np.ones((100, 2))
    assert not any_missing(matrix)
    matrix[place] = np.nan
    assert any_missing(matrix)


@pytest.mark.parametrize("word", ["a", "new"])
def test_a_word_fills_rows_and_has_one_code(word: str) -> None:
    filled = encode(["a", None, "b", "a"]).fill(np.array([False, True, True, False]), word)
    assert filled.objects().tolist() == ["a", word, word, "a"]
    assert len(set(filled.vocabulary)) == len(filled.vocabulary)
    assert [filled.vocabulary[filled.index[one]] for one in filled.vocabulary] == list(filled.vocabulary)
