"""Simulated clients have the mean and the spread of their arm."""

import numpy as np
import pytest

from liftstream.experiment.metrics.simulated_arms import REVENUES, simulated_arms


@pytest.mark.parametrize(
    ("arm", "means", "sds"),
    [
        ({"kind": "proportion", "base_rate": 0.2, "sd": 0.4}, (0.2, 0.35), (0.4, 0.477)),
        ({"kind": "count", "base_rate": 0.5, "sd": 0.5**0.5}, (0.5, 0.65), (0.707, 0.806)),
        ({"kind": "count", "base_rate": 0.5, "sd": 2}, (0.5, 0.65), (2, 2)),
        *(({"kind": "money", "sd": 15, "revenue": revenue}, (20, 20.15), (15, 15)) for revenue in REVENUES),
    ],
)
def test_clients_are_drawn_with_the_mean_and_spread_of_their_arm(arm, means, sds) -> None:
    found = simulated_arms(effect=0.15, **arm)
    for one, mean, sd in zip(found.arms, means, sds, strict=True):
        values = found.unit * (one.draw(np.random.default_rng(29), (1_000, 1_000)) + one.more)
        assert values.mean() == pytest.approx(mean, abs=5 * sd / 1_000)
        assert values.std() == pytest.approx(sd, rel=0.02)
        assert found.unit * one.sd == pytest.approx(sd, abs=5e-4)
