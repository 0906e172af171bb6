"""The comparison of models: scipy's paired test, one observation a user, and a sentence that does not claim too much."""

import numpy as np
import pytest

from liftstream.forecast.comparison import (
    best_and_next,
    compare_paired,
    compare_split,
    mean_by_user,
    sentence,
)


def errors(seed: int, *scales: float, users: int = 200) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    hard = generator.exponential(1_000, users)  # some users are hard for all models
    return {
        name: hard * scale + generator.exponential(100, users)
        for name, scale in zip("ABC", scales, strict=False)
    }


def test_the_paired_test_is_that_of_scipy() -> None:
    from scipy import stats

    found = errors(1, 1.0, 0.8)
    (pair,) = compare_paired(found)
    expected = stats.ttest_rel(found["A"], found["B"])
    low, high = expected.confidence_interval(0.95)
    assert (pair.better, pair.other, pair.n) == ("B", "A", 200)
    assert pair.pvalue == pytest.approx(expected.pvalue)
    assert (pair.ci_low, pair.ci_high) == pytest.approx((low, high))


def test_with_three_models_an_interval_excludes_zero_exactly_where_the_adjusted_p_is_below_5_percent() -> (
    None
):
    for seed in range(30):
        for pair in compare_paired(errors(seed, 1.0, 0.99, 0.97, users=60)):
            assert pair.significant == (not pair.ci_low <= 0 <= pair.ci_high)


def test_pairing_finds_what_the_split_does_not() -> None:
    found = errors(2, 1.0, 0.9)
    halves = {"A": found["A"][:100], "B": found["B"][100:]}
    assert compare_paired(found)[0].pvalue < 1e-6
    assert compare_split(halves)[0].pvalue > 0.05


def test_the_sentence_names_the_best_and_the_next_best_and_says_where_it_may_be_chance() -> None:
    clear, close = compare_paired(errors(3, 1.0, 0.9, 0.5)), compare_paired(errors(4, 1.0, 1.0))
    best = best_and_next(clear)
    assert best is not None
    assert (best.better, best.other) == ("C", "B")
    assert sentence(clear, 200).startswith("Model C predicts better than A and B (mean squared error ")
    assert "but this may be chance: " in sentence(close, 200)
    assert sentence([], 1).startswith("Nothing can be said yet: the spending of 1 ")


def test_the_sentence_tells_what_is_sure_from_what_may_be_chance() -> None:
    found = sentence(compare_paired(errors(5, 1.0, 0.5, 0.5)), 200)
    best, other = ("B", "C") if found.startswith("Model B") else ("C", "B")
    assert found.startswith(f"Model {best} predicts better than A (mean squared error ")
    assert "this may still be chance: " in found
    assert f" less than {other} (95 % interval -" in found


def test_models_that_never_differ_and_a_single_user_are_not_compared() -> None:
    same = np.arange(5.0)
    assert compare_paired({"A": same, "B": same}) == []
    assert compare_paired({"A": same[:1], "B": same[1:2]}) == []


def test_a_user_of_several_months_counts_once() -> None:
    assert mean_by_user(np.array([1.0, 3.0, 10.0]), np.array([4, 4, 9])).tolist() == [2.0, 10.0]


def test_the_sentence_keeps_its_digits_where_the_money_is_small() -> None:
    small = {name: values / 1e6 for name, values in errors(3, 1.0, 0.9, 0.5).items()}
    said = sentence(compare_paired(small), 200)
    assert "(mean squared error 0.000" in said
    assert " 0 " not in said
