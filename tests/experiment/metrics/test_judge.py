"""What covariates of a metric take out."""

import numpy as np
import pytest

from liftstream.experiment.metrics.judge import slopes


def test_covariates_of_very_different_units_are_all_taken_out() -> None:
    rng = np.random.default_rng(1)
    units = np.array([1e12, 1.0, 1e-6, 0.0])
    x = rng.normal(0, 1, (20_000, 4)) * units
    y = x[:, :3] @ (np.array([2.0, -1.0, 0.5]) / units[:3]) + rng.normal(0, 0.1, 20_000)
    assert slopes(y, x) * units == pytest.approx([2, -1, 0.5, 0], abs=0.01)
    assert slopes(y, x + 1e3 * units)[3] == 0
