import math

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import PairMoments
from testbed.examples import examples
from tests.experiment.against_tea_tasting import LEVEL, halves, theirs
from tests.experiment.alternatives import alternatives, excluded


def test_cuped() -> None:
    arms = [PairMoments.of(*half) for half in halves("revenue", "before")]
    ours = experiment.cuped(*arms, **LEVEL).comparison
    other = theirs(tt.Mean("revenue", covariate="before"))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue) == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=1e-6
    )


@examples(40)
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


def test_an_unknown_theta_is_refused() -> None:
    arms = experiment.PairMoments.of([1, 2, 4], [1, 2, 3]), experiment.PairMoments.of([2, 3, 4], [1, 3, 3])
    with pytest.raises(ValueError, match="theta must be one of all, within, got 'pooled'"):
        experiment.cuped(*arms, theta="pooled")


@pytest.mark.parametrize("unit", [1e-90, 1e-9, 1e9, 1e90])
@pytest.mark.parametrize("money", [1e-90, 1.0, 1e90])
def test_neither_unit_changes_what_the_covariate_saves(unit: float, money: float) -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(3, 1, (2, 300))
    y = x + rng.normal(0, 1, (2, 300)) + np.array([[0.0], [0.2]])
    plain = experiment.cuped(*[PairMoments.of(y[i], x[i]) for i in (0, 1)])
    other = experiment.cuped(*[PairMoments.of(money * y[i], unit * x[i]) for i in (0, 1)])
    assert other.saving.correlation == pytest.approx(plain.saving.correlation)
    assert other.comparison.pvalue == pytest.approx(plain.comparison.pvalue)
    assert other.comparison.effect == pytest.approx(money * plain.comparison.effect)
