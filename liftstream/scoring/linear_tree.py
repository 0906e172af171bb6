"""Trees whose nodes hold a regression instead of a score: the node is found as in any tree, its table does the rest.

Where the table gives nothing (a field is missing), the node's own score stands in.
"""

import numpy as np

from liftstream.scoring.compilation import Compilation
from liftstream.scoring.element import Element
from liftstream.scoring.links import INVERSE_LINKS
from liftstream.scoring.prediction import Prediction
from liftstream.scoring.program import Batch
from liftstream.scoring.regression import NORMALIZATIONS, Tables
from liftstream.scoring.tree import Tree


class LinearTree:
    """A tree with a regression in some of its nodes."""

    classes: tuple[str, ...] = ()

    def __init__(self, tree: Tree, compilation: Compilation) -> None:
        self.tree = tree
        nodes = tree.leaves.nodes
        elements = [None if node is None else node.element.first("Regression") for node in nodes]
        found = [element for element in elements if element is not None]
        self._table_of = np.full(len(nodes), -1)
        self._table_of[[element is not None for element in elements]] = np.arange(len(found))
        self._tables = Tables([_read_table(element) for element in found], compilation)
        methods = {element.choice("normalizationMethod", NORMALIZATIONS, "none") for element in found}
        if len(methods) != 1 or "simplemax" in methods:
            raise found[0].unsupported("has another normalizationMethod than its neighbours, or simplemax")
        self._inverse = INVERSE_LINKS[methods.pop()]

    def predict(self, batch: Batch) -> Prediction:
        """The value of the reached node's table, or its score."""
        states = self.tree.arrays.walk(self.tree.matrix(batch))[0]
        assert self.tree.values is not None  # noqa: S101  # only regressions hold tables
        scores = self.tree.values[states]
        table = self._table_of[self.tree.leaf[states]]
        lines = self._tables(batch)[np.arange(batch.rows), table]
        value = np.where((table < 0) | np.isnan(lines), scores, self._inverse(lines))
        return Prediction(value, entity=self.tree.ids.take(states))


def _read_table(element: Element) -> Element:
    element.only("RegressionTable")
    tables = element.all("RegressionTable")
    if len(tables) != 1:
        raise element.refusal(f"holds {len(tables)} tables; accepted: one")
    return tables[0]
