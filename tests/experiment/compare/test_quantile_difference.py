"""The difference of quantiles: right as often as it says, whatever the money's shape."""

import numpy as np
import pytest
from scipy import stats

from liftstream import experiment
from liftstream.experiment.compare.quantile_difference import quantile_atoms
from liftstream.experiment.numerics.binomial import acceptance_band


@pytest.mark.parametrize(("q", "n"), [(0.5, 300), (0.9, 300)])
def test_skewed_money_without_a_difference_is_rarely_called_different(q: float, n: int) -> None:
    rng = np.random.default_rng(1)
    found = [
        experiment.quantile_difference(rng.lognormal(0, 2, n), rng.lognormal(0, 2, n), q).pvalue
        for _ in range(400)
    ]
    assert sum(p < 0.05 for p in found) <= acceptance_band(400, 0.05).max_rejections
    assert sum(p < 0.5 for p in found) >= acceptance_band(400, 0.5, 0.999999).min_rejections


def test_where_both_quantiles_are_one_value_nothing_is_found() -> None:
    values = np.concatenate([np.zeros(80), np.arange(20.0)])
    found = experiment.quantile_difference(values, values, 0.5, alternative="two-sided")
    assert (found.effect, found.pvalue) == (0.0, 1.0)


def test_the_spread_is_the_one_of_the_density() -> None:
    values = np.random.default_rng(2).normal(size=40_000)
    x, w = quantile_atoms(np.sort(values), 0.9)
    spread = np.sqrt((w @ x**2 - (w @ x) ** 2) * values.size)
    assert spread == pytest.approx(np.sqrt(0.9 * 0.1) / stats.norm.pdf(stats.norm.ppf(0.9)), rel=0.15)


def test_too_few_clients_for_a_far_quantile_are_refused_with_how_many_it_takes() -> None:
    with pytest.raises(ValueError, match="at least 1,000 clients for the quantile 0.99"):
        experiment.quantile_difference(np.arange(500.0), np.arange(500.0), 0.99)
