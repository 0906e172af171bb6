"""Codes must say of every value on which side of every threshold it lies."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.uplift.tree.binning import MISSING, MOST_BINS, cut, edges_of


@given(
    st.lists(
        st.floats(-1e6, 1e6) | st.just(float("nan")) | st.integers(0, 3).map(float), min_size=1, max_size=300
    )
)
def test_a_code_is_up_to_an_edge_exactly_where_the_value_is(values: list[float]) -> None:
    column = np.array(values)
    binned = cut([column])
    codes, edges = binned.codes[0], binned.edges[0]
    for number, edge in enumerate(edges):
        known = codes != MISSING
        assert ((codes[known] <= number + 1) == (column[known] <= edge)).all()
    assert ((codes == MISSING) == np.isnan(column)).all()
    assert len(edges) < MOST_BINS


def test_every_edge_has_values_on_both_sides() -> None:
    column = np.random.default_rng(1).gamma(1, 5, 10_000)
    edges = edges_of(column)
    assert len(edges) == MOST_BINS - 1
    shares = np.diff(np.concatenate([[0], [np.mean(column <= edge) for edge in edges], [1]]))
    assert shares.min() > 0.5 / MOST_BINS


def test_the_middle_of_two_neighbouring_numbers_still_separates_them() -> None:
    low = 0.1
    high = np.nextafter(low, 1)
    assert low <= edges_of(np.array([low, high]))[0] < high
