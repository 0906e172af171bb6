"""The tree finds what was put into clients, keeps its limits, and says the same of a row however it is asked."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.uplift.trial_clients import draw
from training.uplift.features import columns_of, encode, learn_fields
from training.uplift.tree.binning import cut
from training.uplift.tree.tree import LEAF, Growth, Tree, estimate, grow

CLIENTS = draw()
FIELDS = learn_fields(CLIENTS.table, print)
MATRIX = encode(FIELDS, CLIENTS.table)


def grown(growth: Growth) -> Tree:
    tree = grow(cut(MATRIX), CLIENTS.treatment, CLIENTS.outcome.astype(np.uint8), growth)
    return estimate(tree, tree.leaf_of(MATRIX), CLIENTS.treatment, CLIENTS.outcome, growth.shrinkage)


def test_the_first_splits_are_those_that_change_the_uplift() -> None:
    tree = grown(Growth(depth=2, shrinkage=100))
    asked = {columns_of(FIELDS)[column].title for column in tree.column[tree.column != LEAF]}
    assert asked == {"x", "channel = Web"}
    assert abs(tree.threshold[tree.column == 0][0]) < 0.1
    assert np.corrcoef(tree.score(MATRIX), CLIENTS.true_uplift)[0, 1] > 0.9


@pytest.mark.parametrize(
    "growth", [Growth(3, 500, 200, 100.0), Growth(6, 300, 10, 0.0), Growth(8, 1, 1, 0.0, "none")]
)
def test_no_leaf_is_smaller_and_no_path_longer_than_allowed(growth: Growth) -> None:
    tree = grown(growth)
    assert tree.depth <= growth.depth
    assert tree.clients[tree.leaves].sum(axis=1).min() >= growth.least_leaf
    assert tree.clients[tree.leaves].min() >= growth.least_group


def test_nodes_hold_the_clients_that_the_tests_above_them_let_through() -> None:
    tree = grown(Growth(depth=4, shrinkage=100))
    leaf = tree.leaf_of(MATRIX)
    assert tree.clients[0].tolist() == [(CLIENTS.treatment == arm).sum() for arm in (0, 1)]
    for node in tree.leaves:
        assert tree.clients[node].sum() == (leaf == node).sum()
    inner = np.flatnonzero(tree.column != LEAF)
    assert (tree.clients[inner] == tree.clients[tree.left[inner]] + tree.clients[tree.right[inner]]).all()


def test_rates_without_shrinkage_are_the_leaf_s_own_and_with_it_nearer_to_the_parent_s() -> None:
    raw, shrunken = grown(Growth(depth=2, shrinkage=0)), grown(replace(Growth(depth=2), shrinkage=2_000))
    leaf = raw.leaf_of(MATRIX)
    for node in raw.leaves:
        for arm in (0, 1):
            rows = (leaf == node) & (CLIENTS.treatment == arm)
            assert raw.mean[node, arm] == pytest.approx(CLIENTS.outcome[rows].mean())
    assert np.ptp(shrunken.uplift[shrunken.leaves]) < np.ptp(raw.uplift[raw.leaves])


def test_missing_numbers_go_where_they_went_when_the_tree_grew() -> None:
    rng = np.random.default_rng(5)
    x, treatment = rng.normal(size=8_000), rng.integers(0, 2, 8_000).astype(np.uint8)
    x[:3_000] = np.nan
    outcome = (rng.random(8_000) < 0.2 + 0.3 * treatment * np.nan_to_num(x > 0.5)).astype(np.float64)
    outcome[:3_000] = (rng.random(3_000) < 0.2 + 0.3 * treatment[:3_000]).astype(np.float64)
    tree = grow(cut([x]), treatment, outcome.astype(np.uint8), Growth(depth=1, shrinkage=100))
    assert not tree.missing_left[0]
    assert (tree.leaf_of([np.array([np.nan, 2.0])]) == tree.right[0]).all()
