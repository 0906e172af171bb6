import math

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import PairMoments

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


alternatives = st.sampled_from(["one-sided", "two-sided", "less"])


def excluded(result, null: float = 0.0) -> bool:
    above, below = result.ci_low > null, result.ci_high < null
    return {"one-sided": above, "less": below, "two-sided": above or below}[result.alternative]


def test_cuped(data) -> None:
    arms = [PairMoments.of(*half) for half in halves(data, "revenue", "before")]
    ours = experiment.cuped(*arms, **LEVEL).comparison
    other = theirs(data, tt.Mean("revenue", covariate="before"))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue) == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.95, 0.95), alternatives)
def test_cuped_never_widens_and_agrees_with_its_p_value(seed: int, rho: float, alternative: str) -> None:
    rng = np.random.default_rng(seed)
    arms = []
    for _ in range(2):
        before = rng.normal(20, 15, 400)
        arms.append(PairMoments.of(rho * before + math.sqrt(1 - rho**2) * rng.normal(0, 15, 400), before))
    result = experiment.cuped(*arms, alternative=alternative)
    plain = experiment.welch(arms[0].y, arms[1].y, alternative=alternative)
    assert result.comparison.se <= plain.se * 1.001
    assert excluded(result.comparison) == result.comparison.significant
    assert result.saving.reduction == pytest.approx(result.saving.correlation**2)


def test_a_covariate_that_does_not_vary_changes_nothing() -> None:
    arms = [
        PairMoments.of([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]),
        PairMoments.of([2.0, 3.0, 4.5], [5.0, 5.0, 5.0]),
    ]
    result = experiment.cuped(*arms)
    assert result.theta == 0
    assert result.comparison.pvalue == experiment.welch(arms[0].y, arms[1].y).pvalue
