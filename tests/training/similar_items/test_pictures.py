"""The map of titles has a place for each, whatever the vectors are."""

import numpy as np
import pytest

from training.similar_items.pictures import place_on_map


@pytest.mark.parametrize("vectors", [np.ones((40, 1)), np.ones((40, 3)), -np.ones((3, 1)), np.eye(9)])
def test_titles_of_few_directions_are_placed_too(vectors: np.ndarray) -> None:
    found = place_on_map(vectors, seed=1)
    assert found.shape == (len(vectors), 2)
    assert np.isfinite(found).all()
    assert np.array_equal(found, place_on_map(vectors, seed=1))
