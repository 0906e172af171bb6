"""The challengers know what a tree knows, and are worth what is expected of them."""

import numpy as np
import pytest

from tests.training.uplift.trial_clients import draw
from training.uplift.features import columns_of, encode, learn_fields
from training.uplift.judging import ValueAndCost, judge
from training.uplift.learners import best_column, challenge, sample_rows
from training.uplift.training_rows import TrainingRows

KNOWN, TEST = draw(20_000, seed=1), draw(20_000, seed=2)
FIELDS = learn_fields(KNOWN.table, print)
PART = TrainingRows.of(FIELDS, KNOWN)
SCORES = {
    scores.name: scores for scores in challenge(PART, encode(FIELDS, TEST.table), columns_of(FIELDS), 1)
}


@pytest.mark.parametrize("name", ["two models", "class transformation"])
def test_learners_of_uplift_find_it_in_its_own_units(name: str) -> None:
    score = SCORES[name].score
    assert SCORES[name].is_uplift
    assert np.corrcoef(score, TEST.true_uplift)[0, 1] > 0.8
    assert abs(score.mean() - TEST.true_uplift.mean()) < 0.02


def test_the_best_column_is_found_with_its_direction_and_chance_is_worth_nothing() -> None:
    assert SCORES["one column"].about == "x, the higher first"
    flipped = TrainingRows([-column for column in PART.columns], PART.treatment, PART.outcome)
    assert best_column(flipped) == (0, -1)
    chance = judge(SCORES["random"], TEST, ValueAndCost(), 1)
    assert chance.qini.ci_low < 0 < chance.qini.ci_high
    assert chance.earned is None


def test_the_best_column_is_that_of_all_rows_where_the_table_is_sorted_by_arm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.uplift.learners.ONE_COLUMN_ROWS", 5_000)
    assert best_column(PART.take(np.argsort(PART.treatment, kind="stable"))) == (0, 1)
    rare = np.repeat([0, 1], [9_990, 10])
    assert np.bincount(rare[sample_rows(rare, 100)]).tolist() == [100, 1]
    assert sample_rows(rare, 10_000).tolist() == list(range(10_000))


def test_amounts_are_learned_with_unequal_arms() -> None:
    rng = np.random.default_rng(3)
    x, treatment = rng.normal(size=20_000), (rng.random(20_000) < 0.2).astype(np.uint8)
    money = 5 + 2 * x + treatment * (1 + x) + rng.normal(size=20_000)
    for scores in challenge(
        TrainingRows([x], treatment, money), [x], columns_of(learn_fields({"x": x}, print)), 1
    )[2:4]:
        assert np.allclose(scores.score, 1 + x, atol=0.4)
