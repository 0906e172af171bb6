"""Trees whose nodes hold a regression instead of a score: the node is found as in any tree, its table does the rest.

Where the table gives nothing (a field is missing), the node's own score stands in.

The standard puts a regression only where no nodes are below. LightGBM's converter writes its linear trees with a
regression in every node: in the plain form no row ends in an inner one, but its `compact` option cuts default leaves
off and leaves their rows to inner nodes, whose regressions are those of other leaves. The cut ones are in the file no
more, so such files are refused.
"""

from typing import Final

import numpy as np

from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.regression.links import INVERSE_LINKS
from liftstream.scoring.families.regression.regression import NORMALIZATIONS, RegressionTables
from liftstream.scoring.families.tree.tree import FlatTree, Leaves
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.xml.element import Element

COMPACTED: Final = (
    "as in a linear tree of LightGBM that was compacted, by which regressions are lost; "
    "convert again with compact=False (sklearn2pmml: pipeline.configure(compact=False))"
)


class LinearTree(Family):
    """A tree with a regression in some of its nodes."""

    classes: tuple[str, ...] = ()

    def __init__(self, tree: FlatTree, compilation: Compilation) -> None:
        self.tree = tree
        assert isinstance(tree.leaves, Leaves)  # noqa: S101 - packed trees hold no regressions
        nodes = tree.leaves.nodes
        elements = [None if node is None else node.element.first("Regression") for node in nodes]
        for node in nodes:
            if node is not None and node.children and node.element.first("Regression") is not None:
                raise node.element.refusal(f"ends rows with a <Regression> above other nodes, {COMPACTED}")
        found = [element for element in elements if element is not None]
        self._table_of = np.full(len(nodes), -1)
        self._table_of[[element is not None for element in elements]] = np.arange(len(found))
        self._tables = RegressionTables([_read_table(element) for element in found], compilation)
        methods = {element.choice("normalizationMethod", NORMALIZATIONS, "none") for element in found}
        if len(methods) != 1 or "simplemax" in methods:
            raise found[0].unsupported("has another normalizationMethod than its neighbours, or simplemax")
        self._inverse = INVERSE_LINKS[methods.pop()]

    def predict(self, batch: Batch) -> Predictions:
        """The value of the reached node's table, or its score."""
        states = self.tree.reach(batch)
        assert self.tree.values is not None  # noqa: S101 - only regressions hold tables
        scores = self.tree.values[states]
        table = self._table_of[self.tree.leaf[states]]
        lines = self._tables(batch)[np.arange(batch.rows), table]
        value = np.where((table < 0) | np.isnan(lines), scores, self._inverse(lines))
        return Predictions(value, entity=self.tree.ids.take(states))


def _read_table(element: Element) -> Element:
    element.only("RegressionTable")
    tables = element.all("RegressionTable")
    if len(tables) != 1:
        raise element.refusal(f"holds {len(tables)} tables; accepted: one")
    return tables[0]


def refuse_compacted(mining: Element) -> None:
    """Refuses LightGBM's trees of which some hold regressions and some let rows end above their leaves.

    Raises:
        ModelRefused: what the missing regressions were is not in the document.
    """
    inside = list(mining.walk())
    compacted = [e for e in inside if e.get("noTrueChildStrategy") == "returnLastPrediction"]
    if compacted and any(e.tag == "Node" and e.first("Regression") is not None for e in inside):
        raise compacted[0].refusal(f"lets rows end above its leaves, {COMPACTED}")
