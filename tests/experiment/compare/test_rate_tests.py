"""Tests of rates by name: what scipy and tea-tasting say, and the score interval as the inversion of its test."""

import numpy as np
import pyarrow
import pytest
import tea_tasting as tt
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from liftstream import experiment
from liftstream.experiment.size.design import null_rates
from testbed.examples import examples

EXACT = {"fisher": experiment.fisher, "barnard": experiment.barnard, "boschloo": experiment.boschloo}


def theirs(counts: tuple[int, int, int, int], **options: object) -> float:
    x_o, n_o, x_c, n_c = counts
    y = np.concatenate([np.arange(n_o) < x_o, np.arange(n_c) < x_c]).astype(int)
    table = pyarrow.table({"variant": np.repeat([0, 1], [n_o, n_c]), "y": y})
    return float(tt.Experiment(m=tt.Proportion("y", **options)).analyze(table)["m"].pvalue)


@pytest.mark.parametrize("counts", [(3, 40, 9, 42), (0, 15, 5, 14), (7, 30, 2, 25)])
@pytest.mark.parametrize(
    ("ours", "alternative"), [("one-sided", "greater"), ("less", "less"), ("two-sided", "two-sided")]
)
@pytest.mark.parametrize("method", EXACT)
def test_exact_tests_are_tea_tastings(
    counts: tuple[int, int, int, int], ours: str, alternative: str, method: str
) -> None:
    expected = theirs(counts, method=method, alternative=alternative)
    assert EXACT[method](*counts, alternative=ours).pvalue == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("correction", [False, True])
def test_chi_square_tests_are_tea_tastings(correction: bool) -> None:
    counts = (3, 40, 9, 42)
    for ours, method in ((experiment.log_likelihood, "log-likelihood"), (experiment.yates, "pearson")):
        expected = theirs(counts, method=method, correction=correction)
        assert ours(*counts, correction=correction).pvalue == pytest.approx(expected, rel=1e-9)


@given(
    st.integers(0, 30),
    st.integers(2, 60),
    st.integers(0, 30),
    st.integers(2, 60),
    st.sampled_from([0.01, 0.05, 0.2]),
)
@examples(60)
def test_the_score_interval_excludes_no_difference_exactly_when_its_test_rejects(
    x: int, n: int, y: int, m: int, alpha: float
) -> None:
    x, y = min(x, n), min(y, m)
    if x + y in {0, n + m}:
        return
    found = experiment.score(x, n, y, m, alpha=alpha, alternative="two-sided")
    assert found.pvalue == pytest.approx(
        experiment.pooled_z(x, n, y, m, alternative="two-sided").pvalue, rel=1e-9
    )
    if abs(found.pvalue - alpha) > 1e-9:
        assert (found.ci_low > 0 or found.ci_high < 0) == (found.pvalue < alpha)


@pytest.mark.parametrize(
    ("counts", "low", "high"), [((48, 80, 56, 70), 0.0533, 0.3377), ((3, 10, 9, 10), 0.1821, 0.8370)]
)
def test_the_score_interval_is_the_published_one(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe 1998, table II, method 3 (Mee)."""
    found = experiment.score(*counts, alpha=0.05, alternative="two-sided")
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize("margin", [-0.1, 0.05, 0.1])
def test_the_rates_under_a_margin_are_the_likeliest(margin: float) -> None:
    x, n, y, m = 5, 56, 15, 48

    def unlikely(rate: float) -> float:
        other = rate + margin
        return -float(
            x * np.log(rate) + (n - x) * np.log1p(-rate) + y * np.log(other) + (m - y) * np.log1p(-other)
        )

    best = minimize_scalar(
        unlikely, bounds=(max(0, -margin) + 1e-9, 1 - max(0, margin) - 1e-9), method="bounded"
    )
    assert null_rates(x / n, y / m, m / n, margin)[0] == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize("test", [experiment.barnard, experiment.boschloo])
def test_an_unconditional_test_of_too_many_clients_is_refused_before_it_fills_the_memory(test) -> None:
    said = "n_candidate must be at most 98 beside 100,000; `score` takes any number, got 200000"
    with pytest.raises(ValueError, match=said):
        test(10, 100_000, 20, 200_000)


def test_exact_tests_take_counts_that_are_whole_floats() -> None:
    for test in (experiment.barnard, experiment.boschloo, experiment.fisher):
        assert test(1.0, 4.0, 3.0, 4.0).pvalue == test(1, 4, 3, 4).pvalue
