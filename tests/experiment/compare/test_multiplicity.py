import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from liftstream.experiment.compare.multiplicity import METHODS, adjust
from testbed.examples import examples

THEIRS = {"benjamini-hochberg": "fdr_bh", "benjamini-yekutieli": "fdr_by", "hochberg": "simes-hochberg"}


pvalues = st.lists(st.floats(1e-12, 0.999), min_size=1, max_size=12)


@examples(60)
@given(pvalues, st.sampled_from([name for name in METHODS if name != "hochberg-sidak"]))
def test_statsmodels_adjusts_alike(p: list[float], method: str) -> None:
    reject, adjusted, _, _ = multipletests(p, 0.05, THEIRS.get(method, method))
    ours = adjust(p, method)
    assert ours.pvalues == pytest.approx(adjusted, rel=1e-7, abs=1e-15)
    assert all(a == b for a, b, q in zip(ours.reject, reject, adjusted, strict=True) if abs(q - 0.05) > 1e-9)


@examples(60)
@given(pvalues)
def test_holm_lies_between_the_raw_values_and_bonferroni_and_keeps_their_order(p: list[float]) -> None:
    holm, bonferroni = adjust(p, "holm").pvalues, adjust(p, "bonferroni").pvalues
    assert all(a <= b + 1e-15 <= c + 2e-15 for a, b, c in zip(p, holm, bonferroni, strict=True))
    assert all(
        a <= b + 1e-15
        for a, b in zip(adjust(p, "hommel").pvalues, adjust(p, "hochberg").pvalues, strict=True)
    )
    order = np.argsort(p, kind="stable")
    assert list(np.asarray(holm)[order]) == sorted(holm)


@pytest.mark.parametrize("method", METHODS)
def test_a_p_value_of_one_stays_one(method: str) -> None:
    assert adjust([1.0, 1.0], method).pvalues == (1.0, 1.0)


def test_tiny_p_values_keep_their_digits() -> None:
    assert adjust([1e-300, 0.5], "sidak").pvalues[0] == pytest.approx(2e-300)


@pytest.mark.parametrize("p", [[], [1.2], [-0.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="pvalues must be"):
        adjust(p)


@given(pvalues)
def test_hochberg_with_sidaks_levels_is_its_definition(p: list[float]) -> None:
    ordered, m = sorted(p), len(p)
    by_value = {
        value: min(1 - (1 - ordered[j]) ** (m - j) for j in range(i, m))
        for i, value in reversed(list(enumerate(ordered)))
    }
    expected = [by_value[value] for value in p]
    assert adjust(p, "hochberg-sidak").pvalues == pytest.approx(expected, rel=1e-7, abs=1e-14)


def test_hochberg_with_sidaks_levels_is_tea_tastings() -> None:
    import tea_tasting as tt

    p = [0.004, 0.03, 0.02, 0.2]
    results = tt.experiment.ExperimentResult({f"m{i}": {"pvalue": value} for i, value in enumerate(p)})
    found = tt.adjust_fwer(results, arbitrary_dependence=False, method="sidak").to_dicts()
    assert adjust(p, "hochberg-sidak").pvalues == pytest.approx([row["pvalue_adj"] for row in found])


def test_p_values_are_taken_as_an_array() -> None:
    p = [0.01, 0.2, 0.03]
    assert adjust(np.array(p)) == adjust(p)
