"""The exported tree is scored by our scorer exactly as the tree scores itself, missing values and odd texts included."""

from pathlib import Path

import numpy as np
import pytest

from liftstream import scoring
from tests.training.uplift.trial_clients import draw
from training.uplift.export import export_tree
from training.uplift.features import columns_of, encode, learn_fields
from training.uplift.tree.binning import cut
from training.uplift.tree.tree import Growth, estimate, grow


@pytest.mark.parametrize("seed", range(4))
def test_our_scorer_gives_the_tree_s_scores(seed: int, tmp_path: Path) -> None:
    clients = draw(6_000, seed=seed)
    table = dict(clients.table)
    table['a "b" <c> & d'] = table.pop("n0")
    odd = np.array(["ä", ' "', "1", "1.0"], dtype=object)
    table["odd"] = odd[np.random.default_rng(seed).integers(0, 4, len(clients))]
    fields = learn_fields(table, print)
    matrix = encode(fields, table)
    tree = grow(cut(matrix), clients.treatment, clients.outcome.astype(np.uint8), Growth(6, 20, 5, 5.0))
    tree = estimate(tree, tree.leaf_of(matrix), clients.treatment, clients.outcome, 5.0)
    assert len(tree.leaves) > 20
    document = export_tree(tree, fields, columns_of(fields), "a test")
    file = tmp_path / "uplift.pmml"
    file.write_bytes(document)
    model = scoring.load(file)
    found = model.score({name: table[name] for name in model.inputs})["uplift"]
    assert np.max(np.abs(np.asarray(found) - tree.score(matrix))) <= 1e-12
    assert document == export_tree(tree, fields, columns_of(fields), "a test")
