import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.experiment import RunningSequence, always_valid
from liftstream.experiment.anytime.confidence_sequence import margin, one_sided_margin, rho2_exact
from liftstream.experiment.numerics.binomial import acceptance_band
from testbed.examples import examples


@examples(60)
@given(
    st.floats(-3, 3),
    st.floats(0.05, 2),
    st.floats(10, 1e5),
    st.floats(0.01, 0.3),
    st.sampled_from(["two-sided", "one-sided", "less"]),
)
def test_the_sequence_excludes_zero_exactly_when_p_is_below_alpha(effect, se, n, alpha, alternative) -> None:
    found = always_valid(effect, se, n, tuned_at=10_000, alpha=alpha, alternative=alternative)
    above = found.ci_low is not None and found.ci_low > 0
    below = found.ci_high is not None and found.ci_high < 0
    assert (above or below) == (found.pvalue < alpha) or math.isclose(found.pvalue, alpha, rel_tol=1e-9)


@pytest.mark.parametrize("money", ["normal", "gamma"])
def test_the_sequence_covers_the_truth_at_all_times_together(money: str) -> None:
    rng = np.random.default_rng(17)
    runs, most = 2_000, 4_000
    looks = np.unique(np.geomspace(100, most, 60).astype(int))
    shape = (runs, most)
    both = [
        (rng.normal(0, 1, shape) if money == "normal" else rng.standard_gamma(1.86, shape)) for _ in range(2)
    ]
    covered = np.ones(runs, dtype=bool)
    sums = [np.cumsum(arm, axis=1)[:, looks - 1] for arm in both]
    squares = [np.cumsum(arm**2, axis=1)[:, looks - 1] for arm in both]
    means = [total / looks for total in sums]
    square = sum((s - looks * m**2) / (looks - 1) / looks for s, m in zip(squares, means, strict=True))
    rho2 = rho2_exact(2 * most, 0.05)
    reach = np.sqrt(square * 2 * looks) * [margin(2 * n, rho2, 0.05) for n in looks]
    covered = (np.abs(means[1] - means[0]) <= reach).all(axis=1)
    misses = int((~covered).sum())
    assert misses <= acceptance_band(runs, 0.05).max_rejections


def test_the_running_sequence_only_learns() -> None:
    running = RunningSequence()
    for effect in (1.0, 0.2, 0.6):
        now = always_valid(effect, 0.2, 5_000, tuned_at=10_000)
        after = running.then(now)
        assert after.ci_low >= running.ci_low
        assert after.ci_high <= running.ci_high
        assert after.pvalue <= running.pvalue
        running = after
    assert running.pvalue == always_valid(1.0, 0.2, 5_000, tuned_at=10_000).pvalue


def test_the_tuning_is_best_where_it_is_tuned() -> None:
    best = margin(1000, rho2_exact(1000, 0.05), 0.05)
    assert all(best < margin(1000, rho2_exact(n, 0.05), 0.05) for n in (300, 900, 1100, 4000))
    assert one_sided_margin(1000, rho2_exact(1000, 0.1), 0.05) < best
