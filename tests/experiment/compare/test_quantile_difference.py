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


@pytest.mark.parametrize("alternative", ["one-sided", "less", "two-sided"])
@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_the_interval_excludes_the_null_exactly_when_p_is_below_alpha(alternative: str, alpha: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        n, whole = int(rng.integers(25, 90)), rng.random() < 0.5  # few values, so that atoms are coarse
        arms = [rng.lognormal(0, 1, n) * (3 if whole else 1) + shift for shift in (0, rng.normal(0, 1))]
        original, candidate = (np.round(arm) if whole else arm for arm in arms)
        found = experiment.quantile_difference(original, candidate, alternative=alternative, alpha=alpha)
        above, below = found.ci_low > 0, found.ci_high < 0
        excluded = {"one-sided": above, "less": below, "two-sided": above or below}[alternative]
        assert excluded == (found.pvalue < alpha)
        assert found.ci_low <= found.ci_high


@pytest.mark.parametrize("alternative", ["one-sided", "less", "two-sided"])
def test_a_difference_beyond_all_doubt_has_a_p_value_above_0(alternative: str) -> None:
    rng = np.random.default_rng(4)
    for n in range(100, 160):
        low, high = rng.normal(0, 1, n), rng.normal(100, 1, n)
        original, candidate = (high, low) if alternative == "less" else (low, high)
        assert 0 < experiment.quantile_difference(original, candidate, alternative=alternative).pvalue < 1e-15


def test_the_spread_keeps_its_digits_far_from_0() -> None:
    rng = np.random.default_rng(5)
    low, high = rng.normal(0, 1, 1_000), rng.normal(0, 1, 1_000)
    near, far = (experiment.quantile_difference(low, high + offset) for offset in (0, 1e9))
    assert far.se == pytest.approx(near.se, rel=1e-5)
