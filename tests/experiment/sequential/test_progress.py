import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment.sequential.alpha_spending import Spending
from liftstream.experiment.sequential.sequential_bounds import spending_bounds
from testbed.examples import examples


def test_conditional_power_is_how_often_simulated_paths_get_there() -> None:
    design = experiment.group_sequential(4)
    rng = np.random.default_rng(19)
    look, z = 2, 1.2
    found = experiment.chances(design, look, z)
    for drift, expected in ((design.drift, found.at_plan), (0.0, found.at_null)):
        steps = rng.normal(size=(100_000, 2)) * math.sqrt(0.25) + drift * 0.25
        walk = z * math.sqrt(0.5) + np.cumsum(steps, axis=1)
        crossed = (walk / np.sqrt(design.times[2:]) >= design.z_upper[2:]).any(axis=1)
        assert crossed.mean() == pytest.approx(expected, abs=0.006)
    assert found.at_null < found.predictive < found.at_plan
    with pytest.raises(ValueError, match="look must be in 1..3"):
        experiment.chances(design, 4, z)


@examples(20)
@given(st.lists(st.floats(-1, 4), min_size=1, max_size=4), st.sampled_from(["obf", "pocock"]))
def test_the_sequential_p_value_is_the_level_at_which_a_bound_is_just_crossed(z, name) -> None:
    times = tuple((i + 1) / 4 for i in range(len(z)))
    rule = Spending(name)
    p = experiment.sequential_p(z, times, rule)
    if not 1e-9 < p < 0.5:
        return
    for level, crosses in ((p * 1.001, True), (p * 0.999, False)):
        bounds = spending_bounds(times, tuple(rule.spent(t, level) for t in times), False)
        assert any(value >= bound for value, bound in zip(z, bounds, strict=True)) == crosses


def test_a_single_look_at_no_difference_is_worth_one_half() -> None:
    """The largest alpha that is searched is then the answer itself."""
    assert experiment.sequential_p([0.0], [1.0]) == 0.5
    assert experiment.sequential_p([0.0], [1.0], two_sided=True) == 1
