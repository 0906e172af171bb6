import math

import pytest

from liftstream.experiment.numerics.root import find_root


@pytest.mark.parametrize("root", [0.0, 1e-300, 0.25, 4.0, 12.0, 1e9])
def test_a_root_is_found_from_any_guess_also_where_the_guess_is_the_root_itself(root: float) -> None:
    for guess in (root + 1e-9, root + 1, root, 4.0, 5.0):
        if guess > -1:
            assert find_root(lambda x: x - root, -1.0, guess) == pytest.approx(root, rel=1e-14, abs=1e-15)


def test_a_root_that_is_the_furthest_guess_is_found() -> None:
    assert find_root(lambda x: x - 2, 0.0, 2.0, 2.0) == 2


def test_no_root_is_said() -> None:
    with pytest.raises(ValueError, match="no root up to 10"):
        find_root(lambda x: math.tanh(x) - 2, 0.0, 1.0, 10.0)
