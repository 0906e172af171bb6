"""Clients of an experiment: features, treatment and outcome."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from training.uplift.features import Floats, Table
from training.uplift.tree.tree import Bits, Integers

FEWEST_CLIENTS = 500
FEWEST_PER_CELL = 10
"""Fewest clients of every arm and class of the outcome: with fewer, a part of the split may have none."""
CUTS = (0.25, 0.5, 0.75, 0.9, 0.97)
"""Quantiles between the classes of an outcome that is not 0 or 1."""


@dataclass(frozen=True, eq=False)
class Clients:
    """Row i of every array is client i.

    Attributes:
        table: columns that were known before, by name.
        treatment: 1 influenced, 0 left alone, drawn by chance.
        outcome: any number; 0 and 1 for did not and did.
        source: where they come from, for cards and pictures.
        true_uplift: where the clients are simulated, what influencing changes in expectation.
    """

    table: Table
    treatment: Bits
    outcome: Floats
    source: str
    true_uplift: Floats | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def is_binary(self) -> bool:
        """Whether the outcome is 0 or 1."""
        return is_binary(self.outcome)

    def take(self, rows: Integers) -> "Clients":
        """Some of these clients."""
        table = {name: values[rows] for name, values in self.table.items()}
        truth = None if self.true_uplift is None else self.true_uplift[rows]
        return Clients(table, self.treatment[rows], self.outcome[rows], self.source, truth)


def is_binary(outcome: Floats) -> bool:
    """Whether every outcome is 0 or 1."""
    return bool(np.all((outcome == 0) | (outcome == 1)))


def classes_of(outcome: Floats) -> Bits:
    """The class of every outcome, from 0 on: the outcome itself if it is 0 or 1, otherwise a range between
    quantiles."""
    if is_binary(outcome):
        return outcome.astype(np.uint8)
    edges = np.unique(np.quantile(outcome, CUTS, method="inverted_cdf"))
    found: NDArray[np.int64] = np.searchsorted(edges[edges < outcome.max()], outcome, side="left")
    return np.unique(found, return_inverse=True)[1].astype(np.uint8)


def strata_of(clients: Clients) -> Integers:
    """One number for each treatment and class of the outcome."""
    classes = classes_of(clients.outcome).astype(np.int64)
    found: Integers = clients.treatment * (classes.max() + 1) + classes
    return found


def hold_out(strata: Integers, share: float, seed: int) -> tuple[Integers, Integers]:
    """The rows that stay and the held-out rows, ascending; the same share of every stratum.

    Args:
        strata: the stratum of every row; each has at least two rows.
        share: the share that is held out.
        seed: of the draw.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    split = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    stay, held = next(split.split(strata, strata))
    return np.sort(stay), np.sort(held)


def cut_in_parts(strata: Integers, parts: int, seed: int) -> list[Integers]:
    """The rows in equal parts, ascending; each has the same share of every stratum."""
    from sklearn.model_selection import StratifiedKFold

    split = StratifiedKFold(parts, shuffle=True, random_state=seed)
    return [held for _, held in split.split(strata, strata)]


def refuse_too_few(clients: Clients, where: str) -> None:
    """Refuses rows that cannot be split, before the work.

    Args:
        where: the file, for the message.

    Raises:
        InputError: there are too few clients, of an arm, or of an outcome in one.
    """
    for arm, what in ((1, "influenced (1)"), (0, "left alone (0)")):
        if not (clients.treatment == arm).any():
            raise InputError(f"{where}: no client was {what}; an experiment has clients of both arms")
    if len(clients) < FEWEST_CLIENTS:
        raise InputError(
            f"{where}: {len(clients)} clients; the split into parts needs at least {FEWEST_CLIENTS}"
        )
    if clients.outcome.min() == clients.outcome.max():
        raise InputError(f"{where}: every outcome is {clients.outcome[0]:g}; there is nothing to learn")
    strata, counts = np.unique(strata_of(clients), return_counts=True)
    classes = classes_of(clients.outcome).max() + 1
    if len(strata) < 2 * classes or counts.min() < FEWEST_PER_CELL:
        least = int(counts.min()) if len(strata) == 2 * classes else 0
        raise InputError(
            f"{where}: an arm has only {least} clients of one outcome; the split needs at least {FEWEST_PER_CELL} of each"
        )
