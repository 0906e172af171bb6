"""tea-tasting finds the same numbers where both have the method."""

import numpy as np
import pytest
import tea_tasting as tt

from liftstream import experiment
from liftstream.experiment import Moments, PairMoments

LEVEL = {"alpha": 0.05, "alternative": "two-sided"}


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(21)
    n = 4_000
    variant = rng.integers(0, 2, n)
    before = rng.gamma(2, 10, n)
    orders = rng.poisson(2, n) + 1
    revenue = 0.6 * before + rng.gamma(2, 5, n) + 0.6 * variant + orders
    return {"variant": variant, "revenue": revenue, "orders": orders.astype(float), "before": before}


def theirs(data: dict[str, np.ndarray], metric: object) -> object:
    import pyarrow

    return tt.Experiment(m=metric).analyze(pyarrow.table(data))["m"]


def halves(data: dict[str, np.ndarray], *names: str) -> list[tuple[np.ndarray, ...]]:
    return [tuple(data[name][data["variant"] == arm] for name in names) for arm in (0, 1)]


def test_welch(data) -> None:
    (a,), (b,) = halves(data, "revenue")
    ours = experiment.welch(a, b, **LEVEL)
    other = theirs(data, tt.Mean("revenue", use_t=True, equal_var=False))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue, ours.statistic) == pytest.approx(
        (
            other.effect_size,
            other.effect_size_ci_lower,
            other.effect_size_ci_upper,
            other.pvalue,
            other.statistic,
        ),
        rel=1e-9,
    )


def test_relative_effect_on_the_logarithm(data) -> None:
    (a,), (b,) = halves(data, "revenue")
    ours = experiment.relative_log(a, b, **LEVEL)
    other = theirs(data, tt.Mean("revenue"))
    assert (ours.effect, ours.ci_low, ours.ci_high) == pytest.approx(
        (other.rel_effect_size, other.rel_effect_size_ci_lower, other.rel_effect_size_ci_upper), rel=1e-9
    )


def test_cuped(data) -> None:
    arms = [PairMoments.of(*half) for half in halves(data, "revenue", "before")]
    ours = experiment.cuped(*arms, **LEVEL).comparison
    other = theirs(data, tt.Mean("revenue", covariate="before"))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue) == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=1e-6
    )


def test_ratio_of_means(data) -> None:
    arms = [PairMoments.of(*half) for half in halves(data, "revenue", "orders")]
    ours = experiment.ratio_welch(*arms, **LEVEL)
    other = theirs(data, tt.RatioOfMeans("revenue", "orders"))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue) == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=1e-8
    )


def test_sample_ratio(data) -> None:
    counts = {str(arm): int((data["variant"] == arm).sum()) for arm in (0, 1)}
    ours = experiment.check_sample_ratio(counts, {"0": 1, "1": 1}).numbers["pvalue"]
    other = theirs(data, tt.SampleRatio(method="norm", correction=False))
    assert ours == pytest.approx(other.pvalue, rel=1e-9)


def test_clients_for_a_power() -> None:
    n, effect = 1_000, 2.0
    sample = np.random.default_rng(2).gamma(2, 10, n)
    ours = experiment.solve_power(
        n=n / 2, effect=effect, sd=Moments.of(sample).sd, method="t", two_sided=True
    ).power
    import pyarrow

    other = tt.Mean("x", effect_size=effect, n_obs=n).solve_power(pyarrow.table({"x": sample}), "power")
    assert ours == pytest.approx(other[0].power, rel=1e-6)
