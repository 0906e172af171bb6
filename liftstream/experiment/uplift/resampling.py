"""Clients that stand for the same in a bootstrap, counted together: drawing them again is drawing their counts
again."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.uplift.clients import Floats, ScoredClients, Totals, ranked

BLOCKS: Final = 1_000
"""The curve of a draw has at most so many points: more change the area by less than a thousandth of it."""
FEW_OUTCOMES: Final = 16
"""Most distinct outcomes that are counted; with more, every client is a cell of its own."""

Integers = NDArray[np.int64]


class Cells(NamedTuple):
    """Clients of one block of neighbouring scores, one treatment and one outcome.

    Attributes:
        arm: 2 x block + treatment; blocks go from the highest score down.
        y: the outcome.
        size: how many clients.
        blocks: how many there are.
    """

    arm: Integers
    y: Floats
    size: Integers
    blocks: int

    def totals(self, weight: Integers) -> Totals:
        """Sums from the highest score down, every cell counted `weight` times."""
        clients = self._by_arm(weight.astype(np.float64))
        outcomes = self._by_arm(weight * self.y)
        return Totals(clients[1], clients[0], outcomes[1], outcomes[0])

    def outcome_counts(self, weight: Integers) -> Floats:
        """Clients by treatment and outcome, where outcomes are 0 and 1."""
        cell = 2 * (self.arm % 2) + self.y.astype(np.int64)
        return np.bincount(cell, weight, minlength=4).astype(np.float64).reshape(2, 2)

    def _by_arm(self, amount: Floats) -> Floats:
        summed = np.bincount(self.arm, amount, minlength=2 * self.blocks).reshape(-1, 2).T
        running: Floats = np.cumsum(np.concatenate([np.zeros((2, 1)), summed], axis=1), axis=1)
        return running


def cells_of(clients: ScoredClients) -> Cells:
    """The cells of these clients.

    A Poisson number of each client (Hanley & MacGibbon 2006) is, summed over a cell, a Poisson number with the cell's
    size as its mean: so a draw takes as long as there are cells, not clients.
    """
    order, ends = ranked(clients.score)
    grid = np.linspace(0, len(order), BLOCKS + 1)[1:]
    kept = ends[np.unique(np.searchsorted(ends, grid, side="left"))] if len(ends) > BLOCKS else ends
    block = np.empty(len(order), dtype=np.int64)
    block[order] = np.repeat(np.arange(len(kept)), np.diff(np.concatenate([[0], kept])))
    arm = 2 * block + clients.treatment
    values = _few(clients.y)
    if values is None:
        return Cells(arm, clients.y, np.ones(len(arm), dtype=np.int64), len(kept))
    cell = arm * len(values) + np.searchsorted(values, clients.y)
    count = np.bincount(cell, minlength=2 * len(kept) * len(values))
    found = np.flatnonzero(count)
    return Cells(found // len(values), values[found % len(values)], count[found], len(kept))


def _few(y: Floats) -> Floats | None:
    """The distinct outcomes, ascending, where there are few."""
    if len(np.unique(y[:1_000])) > FEW_OUTCOMES:
        return None
    values = np.unique(y)
    return values if len(values) <= FEW_OUTCOMES else None
