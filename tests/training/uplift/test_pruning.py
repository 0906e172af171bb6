"""Splits on noise go, splits on what matters stay, and a pruned tree is one."""

import numpy as np
import pytest

from tests.training.uplift.trial_clients import draw
from training.uplift.fitting import fit_tree
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.binning import cut
from training.uplift.tree.pruning import keep_splits, splits_worth, squared_error, stand_ins, sum_over_leaves
from training.uplift.tree.tree import LEAF, Growth, Tree, estimate, grow


def grown_on_noise(seed: int, uplift: float) -> tuple[Tree, Tree]:
    """A deep tree on columns of which only the first may matter, and the one that validation chose."""
    rng = np.random.default_rng(seed)
    columns = [rng.normal(size=6_000) for _ in range(5)]
    treatment = rng.integers(0, 2, 6_000).astype(np.uint8)
    outcome = (rng.random(6_000) < 0.3 + uplift * treatment * (columns[0] > 0)).astype(np.float64)
    half = [column[:4_000] for column in columns]
    growth = Growth(depth=4, least_leaf=50, least_group=20, shrinkage=10)
    tree = grow(cut(half), treatment[:4_000], outcome[:4_000].astype(np.uint8), growth)
    tree = estimate(tree, tree.leaf_of(half), treatment[:4_000], outcome[:4_000], 10)
    return tree, fit_tree(TrainingRows(columns, treatment, outcome), growth, seed)


@pytest.mark.slow
def test_most_of_what_grew_on_noise_is_taken_away() -> None:
    pairs = [grown_on_noise(seed, 0.0) for seed in range(20)]
    before, after = (np.mean([len(tree.leaves) for tree in trees]) for trees in zip(*pairs, strict=True))
    assert before > 10
    assert after < before / 4


@pytest.mark.slow
def test_a_split_that_matters_stays() -> None:
    for seed in range(10):
        _, pruned = grown_on_noise(seed, 0.4)
        assert pruned.column[0] == 0


def test_what_stands_in_for_the_uplift_has_its_mean() -> None:
    clients = draw(100_000)
    found = stand_ins(clients.outcome, clients.treatment)
    treated = clients.treatment == 1
    assert np.isclose(found.mean(), clients.outcome[treated].mean() - clients.outcome[~treated].mean())
    web = clients.table["channel"] == "Web"
    assert abs(found[web].mean() - clients.true_uplift[web].mean()) < 0.02


def test_kept_splits_hang_together_and_rows_end_where_they_would_have() -> None:
    tree, _ = grown_on_noise(1, 0.4)
    kept = tree.column != LEAF
    kept[tree.right[0]] = False
    pruned = keep_splits(tree, kept)
    assert pruned.column[pruned.right[0]] == LEAF
    columns = [np.random.default_rng(2).normal(size=500) for _ in range(5)]
    right = columns[tree.column[0]] > tree.threshold[0]
    assert (pruned.score(columns)[right] == tree.uplift[tree.right[0]]).all()
    assert (pruned.score(columns)[~right] == tree.score(columns)[~right]).all()


def test_a_split_is_worth_what_it_adds_and_weak_links_go_first() -> None:
    tree, _ = grown_on_noise(3, 0.4)
    sizes = [splits_worth(tree, least).sum() for least in (0, 1e-5, 1e-4, 1e-3, 1e-2, 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] >= 10
    assert sizes[-1] == 0


def test_the_error_of_leaves_is_the_squared_error_up_to_what_no_tree_changes() -> None:
    tree, _ = grown_on_noise(4, 0.4)
    columns = [np.random.default_rng(8).normal(size=400) for _ in range(5)]
    stands = np.random.default_rng(9).normal(size=400)
    kept = splits_worth(tree, 1e-4)
    own = squared_error(tree, tree.leaf_of(columns), stands)
    score = keep_splits(tree, kept).score(columns)
    assert np.isclose(sum_over_leaves(tree, kept, own), np.sum((score - stands) ** 2) - np.sum(stands**2))
