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
