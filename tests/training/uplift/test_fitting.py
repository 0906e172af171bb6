"""The whole fit: as large and as shrunken as validation likes it, the same for the same seed, and good at what it is for."""

import numpy as np
import pytest

from tests.training.uplift.trial_clients import draw
from training.uplift import generated
from training.uplift.clients import hold_out, strata_of
from training.uplift.features import encode, learn_fields
from training.uplift.fitting import fit_tree
from training.uplift.judging import best_profit, true_profit
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.tree import LEAF, Growth


def test_clients_whom_influencing_changes_alike_get_a_tree_without_splits_as_a_rule() -> None:
    rng = np.random.default_rng(3)
    lonely = 0
    for seed in range(10):
        columns = [rng.normal(size=4_000) for _ in range(4)]
        treatment = rng.integers(0, 2, 4_000).astype(np.uint8)
        outcome = (rng.random(4_000) < 0.2 + 0.1 * treatment).astype(np.float64)
        lonely += fit_tree(TrainingRows(columns, treatment, outcome), Growth(), seed).column[0] == LEAF
    assert lonely >= 6


def test_the_same_seed_gives_the_same_tree_and_amounts_are_learned_as_well() -> None:
    clients = draw(8_000)
    matrix = encode(learn_fields(clients.table, print), clients.table)
    money = clients.outcome * np.random.default_rng(1).gamma(2, 10, len(clients))
    part = TrainingRows(matrix, clients.treatment, money)
    first, second = (fit_tree(part, Growth(), 5) for _ in range(2))
    assert (first.uplift == second.uplift).all()
    assert np.corrcoef(first.score(matrix), clients.true_uplift)[0, 1] > 0.8


@pytest.mark.slow
def test_on_the_campaign_the_tree_finds_four_fifths_of_the_best_possible_profit() -> None:
    clients = generated.simulate(60_000, 7)
    learning, testing = hold_out(strata_of(clients), 0.3, 7)
    known, test = clients.take(learning), clients.take(testing)
    fields = learn_fields(known.table, print)
    tree = fit_tree(TrainingRows.of(fields, known), Growth(), 7)
    assert tree.depth <= 3
    influenced = tree.score(encode(fields, test.table)) >= generated.MONEY.threshold
    earned, best = (true_profit(influenced, test, generated.MONEY), best_profit(test, generated.MONEY))
    assert earned >= 0.8 * best
