"""Chooses rows to learn from by Thompson sampling, where every row is expensive, and the baselines that it has to beat.

Half of the rows train, the other half is a pool cut into clusters. A cluster is drawn by its Beta posterior, a tenth of
it joins the training rows, and the tree is fitted again. It stays where training and validation agree, else it goes
back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.experiment.arguments import one_of
from liftstream.experiment.uplift.area import CurveArea, area
from liftstream.experiment.uplift.clients import clients_of
from training.uplift.clients import cut_in_parts, hold_out
from training.uplift.fitting import choose_size, fit_tree, tree_of_size
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.binning import cut
from training.uplift.tree.tree import Growth, Integers, Tree

MODES: Final = ("bootstrap", "relative", "absolute")
CLUSTERS: Final = 4
DRAWN: Final = 0.1
"""Share of a cluster that is drawn at a time."""


@dataclass(frozen=True)
class Selection:
    """The parameters of the choice: every number that the method leaves open.

    Attributes:
        mode: of `accepts_cluster`, or `bootstrap`: the gap may be the tolerance or one bootstrap standard deviation of
            the validation, whichever is more, or may not grow while the validation does not fall.
        tolerance: of the gap between training and validation.
        kind, normalizer: of the area, see `experiment.auuc`.
        enough: it ends when so large a share of the rows trains.
        most_draws: it ends after so many draws: nothing else makes sure that it does.
        patience: it ends after so many refusals in a row.
    """

    mode: str = "bootstrap"
    tolerance: float = 0.05
    kind: str = "uplift"
    normalizer: str = "perfect"
    enough: float = 0.8
    most_draws: int = 100
    patience: int = 25


@dataclass(frozen=True)
class Draw:
    """One step: the cluster, the areas, and whether its rows were kept."""

    cluster: int
    train: float
    validation: float
    accepted: bool
    rows: int


@dataclass(frozen=True, eq=False)
class Chosen:
    """The result of the choice.

    Attributes:
        rows: the rows that train.
        tree: fitted on them.
        draws: in their order.
        why: it ended.
        alpha_beta: the posterior of every cluster.
    """

    rows: Integers
    tree: Tree
    draws: list[Draw]
    why: str
    alpha_beta: list[tuple[int, int]]


def accepts_cluster(train: float, validation: float, tolerance: float, mode: str) -> bool:
    """Whether training and validation agree: both areas above 0, and their gap at most the tolerance.

    Args:
        mode: `absolute`, or `relative` to the area in training.
    """
    one_of("mode", mode, ("relative", "absolute"))
    allowed = tolerance * (abs(train) if mode == "relative" else 1.0)
    return train > 0 and validation > 0 and abs(train - validation) <= allowed


def choose_rows(
    part: TrainingRows, strata: Integers, growth: Growth, selection: Selection, seed: int
) -> Chosen:
    """Chooses rows by Thompson sampling.

    Args:
        part: all rows that may be used; the report's figures must come from others.
        strata: of every row, by treatment, outcome and what else shall be alike in the clusters.
        growth: of the trees.
        selection: the rules.
        seed: of the cuts, of the draws and of the trees.
    """
    one_of("mode", selection.mode, MODES)
    rng = np.random.default_rng([seed, 2])
    start, pool = hold_out(strata, 0.5, seed)
    clusters = [pool[rows] for rows in cut_in_parts(strata[pool], CLUSTERS, seed)]
    step = [max(1, round(DRAWN * len(cluster))) for cluster in clusters]
    left = [rng.permutation(cluster) for cluster in clusters]
    alpha_beta = np.ones((CLUSTERS, 2), dtype=np.int64)
    learner = _Learner(part, start, growth, seed)
    rows, before = start, _measure(part, learner.fit(start), start, np.concatenate(left), selection)
    draws: list[Draw] = []
    while not (why := _ended(len(rows), len(part.outcome), draws, left, selection)):
        full = np.flatnonzero([len(rest) for rest in left]).tolist()
        cluster = max(full, key=lambda number: float(rng.beta(*alpha_beta[number])))
        new, rest = left[cluster][: step[cluster]], left[cluster][step[cluster] :]
        others = [rest if number == cluster else left[number] for number in range(CLUSTERS)]
        grown = np.sort(np.concatenate([rows, new]))
        now = _measure(part, learner.fit(grown), grown, np.concatenate(others), selection)
        accepted = _accepts(now, before, selection)
        alpha_beta[cluster, 0 if accepted else 1] += 1
        if accepted:
            rows, before, left = grown, now, others
        else:
            left[cluster] = rng.permutation(left[cluster])
        draws.append(Draw(cluster, now[0], now[1].value, accepted, len(rows)))
    posterior = [(int(a), int(b)) for a, b in alpha_beta]
    return Chosen(rows, fit_tree(part.take(rows), growth, seed), draws, why, posterior)


def grow_at_random(part: TrainingRows, strata: Integers, growth: Growth, rows: int, seed: int) -> Chosen:
    """The baseline: starts with the same half, and adds rows of the pool in random order up to the same number."""
    start, pool = hold_out(strata, 0.5, seed)
    order = np.random.default_rng([seed, 3]).permutation(pool)
    grown = np.sort(np.concatenate([start, order[: rows - len(start)]]))
    return Chosen(grown, fit_tree(part.take(grown), growth, seed), [], f"{rows} rows", [])


class _Learner:
    """Fits trees repeatedly; their size is chosen once, on the first rows."""

    def __init__(self, part: TrainingRows, start: Integers, growth: Growth, seed: int) -> None:
        self._part, self._growth, self._binned = part, growth, cut(part.columns)
        self._size = choose_size(self._binned.take(start), part.take(start), growth, seed)

    def fit(self, rows: Integers) -> Tree:
        """The tree of these rows."""
        return tree_of_size(self._binned.take(rows), self._part.take(rows), self._growth, self._size)


Measured = tuple[float, CurveArea]
"""The area in training, and the area in validation with its bootstrap."""


def _measure(
    part: TrainingRows, tree: Tree, rows: Integers, left: Integers, selection: Selection
) -> Measured:
    draws = 50 if selection.mode == "bootstrap" else 0
    return _area(part.take(rows), tree, selection, 0).value, _area(part.take(left), tree, selection, draws)


def _area(part: TrainingRows, tree: Tree, selection: Selection, draws: int) -> CurveArea:
    clients = clients_of(part.outcome, part.treatment, tree.score(part.columns))
    return area(clients, selection.kind, selection.normalizer, 0.95, draws, 0)


def _accepts(now: Measured, before: Measured, selection: Selection) -> bool:
    train, validation = now[0], now[1].value
    if selection.mode != "bootstrap":
        return accepts_cluster(train, validation, selection.tolerance, selection.mode)
    gap, allowed = abs(train - validation), max(selection.tolerance * abs(train), now[1].se or 0.0)
    no_worse = gap <= abs(before[0] - before[1].value) and validation >= before[1].value
    return train > 0 and validation > 0 and (gap <= allowed or no_worse)


def _ended(rows: int, every: int, draws: list[Draw], left: list[Integers], selection: Selection) -> str:
    """Why the choice ends; empty while it goes on."""
    if rows > selection.enough * every:
        return f"more than {100 * selection.enough:.3g} % of the rows train"
    refused = [draw.accepted for draw in draws[-selection.patience :]]
    if len(refused) == selection.patience and not any(refused):
        return f"{selection.patience} refusals in a row"
    if len(draws) >= selection.most_draws:
        return f"{selection.most_draws} draws"
    return "" if any(len(rows) for rows in left) else "the pool is empty"
