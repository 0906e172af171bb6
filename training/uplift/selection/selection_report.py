"""Compares choosing rows by Thompson sampling with taking all, or as many at random, on clients that no draw
has seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.experiment.uplift.area import auuc
from training.uplift.clients import Clients, strata_of
from training.uplift.features import Table
from training.uplift.judging import rounded
from training.uplift.selection.data_selection import Chosen, Selection, choose_rows, grow_at_random
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.tree import Growth, Integers, Tree

FEW_STRATA = 3
"""How many columns, besides treatment and outcome, are balanced between the clusters."""
RARE = 40
"""Fewest clients of a stratum that is divided further."""


@dataclass(frozen=True, eq=False)
class SelectionReport:
    """The three ways to choose rows, on the same test clients; areas under the uplift curve.

    Attributes:
        chosen: what Thompson sampling chose, and its tree.
        train, validation: the tree's areas on what trains and on what was left, which was looked at after every draw.
        test: area of each way on the test clients, by its name.
        rows: how many rows each way trains on.
    """

    chosen: Chosen
    train: float
    validation: float
    test: dict[str, float]
    rows: dict[str, int]

    @property
    def tree(self) -> Tree:
        """The tree of the chosen rows."""
        return self.chosen.tree

    @property
    def beats_baselines(self) -> bool:
        """Whether the choice has the largest area on the test clients."""
        return self.test["thompson"] > max(self.test["random order"], self.test["all data"])

    def to_dict(self) -> dict[str, Any]:
        """The report for the card."""
        draws = self.chosen.draws
        return {
            "ended": self.chosen.why,
            "draws": len(draws),
            "accepted": sum(draw.accepted for draw in draws),
            "alpha_beta": self.chosen.alpha_beta,
            "auuc_train": rounded(self.train),
            "auuc_validation": rounded(self.validation),
            "auuc_test": {name: rounded(value) for name, value in self.test.items()},
            "rows": self.rows,
            "beats_baselines": self.beats_baselines,
        }


def compare_selections(
    part: TrainingRows, known: Clients, test: TrainingRows, all_data: Tree, growth: Growth, seed: int
) -> SelectionReport:
    """Chooses rows, and compares the tree of the chosen rows with both baselines.

    Args:
        part: the rows that may be chosen.
        known: the same clients.
        test: clients that no draw sees.
        all_data: the tree of all rows.
        growth: of the trees.
        seed: of the choice.
    """
    selection = Selection() if known.is_binary else Selection(normalizer="none")
    strata = fine_strata(strata_of(known), known.table)
    chosen = choose_rows(part, strata, growth, selection, seed)
    by_chance = grow_at_random(part, strata, growth, len(chosen.rows), seed)
    trees = {"thompson": chosen.tree, "random order": by_chance.tree, "all data": all_data}
    options: dict[str, Any] = {"normalizer": selection.normalizer, "draws": 0}
    areas = {
        name: auuc(test.outcome, test.treatment, tree.score(test.columns), **options).value
        for name, tree in trees.items()
    }
    last = next((draw for draw in reversed(chosen.draws) if draw.accepted), None)
    train, validation = (last.train, last.validation) if last else (float("nan"), float("nan"))
    rows = {"thompson": len(chosen.rows), "random order": len(by_chance.rows), "all data": len(known)}
    return SelectionReport(chosen, train, validation, areas, rows)


def fine_strata(strata: Integers, table: Table) -> Integers:
    """Strata by treatment, outcome and whether the first few numbers lie above their median; rare ones stay as
    they were."""
    numbers = [values for values in table.values() if values.dtype != object][:FEW_STRATA]
    found = strata
    for values in numbers:
        found = 2 * found + (values > np.nanmedian(values))
    _, place, counts = np.unique(found, return_inverse=True, return_counts=True)
    return np.where(counts[place] < RARE, strata, found + strata.max() + 1)
