import numpy as np
import pytest
from scipy import stats

from liftstream import experiment


@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize("alternative", ["one-sided", "two-sided", "less"])
def test_the_rank_test_is_that_of_scipy_with_ties(alternative: str, correction: bool) -> None:
    rng = np.random.default_rng(6)
    original, candidate = rng.integers(0, 12, 70), rng.integers(1, 13, 55)
    word = {"one-sided": "greater", "two-sided": "two-sided", "less": "less"}[alternative]
    theirs = stats.mannwhitneyu(
        candidate, original, use_continuity=correction, alternative=word, method="asymptotic"
    )
    ours = experiment.mann_whitney(original, candidate, alternative=alternative, correction=correction)
    assert (ours.u, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert not hasattr(ours, "ci_low")
