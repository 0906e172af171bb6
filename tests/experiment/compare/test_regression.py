import numpy as np
import pytest
import statsmodels.api as sm

from liftstream import experiment


def test_regression_with_a_covariate_is_least_squares() -> None:
    rng = np.random.default_rng(9)
    before = rng.gamma(2, 10, 300)
    arm = rng.integers(0, 2, 300)
    money = 0.7 * before + arm + rng.normal(0, 5, 300)
    fit = sm.OLS(money, sm.add_constant(np.column_stack([arm, before]))).fit()
    ours = experiment.ancova(*[(money[arm == i], before[arm == i]) for i in (0, 1)], alternative="two-sided")
    low, high = fit.conf_int()[1]
    found = ours.comparison
    assert (found.effect, found.se, found.pvalue, found.ci_low, found.ci_high) == pytest.approx(
        (fit.params[1], fit.bse[1], fit.pvalues[1], low, high), rel=1e-8
    )
    assert ours.se_hc1 == pytest.approx(fit.HC1_se[1], rel=1e-8)


@pytest.mark.parametrize("unit", [1e-90, 1e-16, 1e16, 1e90])
def test_the_unit_of_the_covariate_changes_only_its_slope(unit: float) -> None:
    rng = np.random.default_rng(10)
    before, noise = rng.normal(0, 1, (2, 200)), rng.normal(0, 0.5, (2, 200))
    plain, other = (
        experiment.ancova(*[(b + e, b * k) for b, e in zip(before, noise, strict=True)]) for k in (1, unit)
    )
    assert other.comparison.effect == pytest.approx(plain.comparison.effect)
    assert (other.comparison.se, other.se_hc1) == pytest.approx((plain.comparison.se, plain.se_hc1))
    assert other.theta * unit == pytest.approx(plain.theta)
