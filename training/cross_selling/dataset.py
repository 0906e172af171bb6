"""The rows that training works on: drawn from the simulated shop, or read from the practice's own files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.contracts.features import FEATURES
from liftstream.evaluation.money import SHOP
from liftstream.simulation.shop.population import MAN_COLUMN, draw_clients

Bits = NDArray[np.uint8]
Floats = NDArray[np.float64]

ROWS: Final = 335_000
HELD_OUT_ROWS: Final = 165_000
"""The sizes of the published data set's files."""
HELD_OUT_SHARE: Final = HELD_OUT_ROWS / (ROWS + HELD_OUT_ROWS)
HISTORY: Final = 1
"""Part of the seed, so that the shop's past has other clients than a demo or a test with the same seed."""
FEWEST_ROWS: Final = 1_000
"""Fewest rows: with fewer, held-out figures say nothing, as the interval of the threshold is wider than 0.2."""

FEWEST_OF_A_LABEL: Final = 2


@dataclass(frozen=True, eq=False)
class LabelledClients:
    """Clients with a known answer; row i of every array is client i.

    Attributes:
        features: uint8, shape (rows, features), columns in the order of `FEATURES`.
        label: uint8, 1 for interested.
        interest: the true P(interested) where the shop is simulated, else None.
        worth: what showing the category adds for each client, in $; by the simulated shop's money where it is not given.
    """

    features: Bits
    label: Bits
    interest: Floats | None = None
    worth: Floats | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def man(self) -> Bits:
        """The decisions of the original system."""
        return self.features[:, MAN_COLUMN]

    def take(self, rows: slice | NDArray[np.int64]) -> "LabelledClients":
        """Some of these rows."""
        interest, worth = (None if one is None else one[rows] for one in (self.interest, self.worth))
        return LabelledClients(self.features[rows], self.label[rows], interest, worth)

    @property
    def value(self) -> Floats:
        """What showing the category adds for each client, in $."""
        return SHOP.of_showing(self.label) if self.worth is None else self.worth

    def columns(self) -> Mapping[str, Floats]:
        """float64 by feature name, as scikit-learn and the scorers take it."""
        return {name: self.features[:, i].astype(np.float64) for i, name in enumerate(FEATURES)}


@dataclass(frozen=True, eq=False)
class DataSet:
    """Rows to learn from and rows that no model has seen."""

    train: LabelledClients
    held_out: LabelledClients
    source: str
    """Where the rows come from, for cards and pictures."""
    money: str = str(SHOP)
    """Whose money the figures count, for cards and pictures."""
    simulated: bool = False


def simulate(rows: int, seed: int) -> DataSet:
    """`rows` clients of the simulated shop to learn from, and 165 held out for every 335."""
    held_out = round(rows * HELD_OUT_SHARE / (1 - HELD_OUT_SHARE))
    clients = draw_clients(np.random.default_rng([HISTORY, seed]), rows + held_out)
    every = LabelledClients(clients.features, clients.interested, clients.interest)
    return DataSet(every.take(slice(rows)), every.take(slice(rows, None)), "simulated shop", simulated=True)


def hold_out(rows: LabelledClients, seed: int, source: str, money: str = str(SHOP)) -> DataSet:
    """Splits `rows` at random; 33 % are held out.

    Raises:
        InputError: as `split_at_random`.
    """
    kept, held = split_at_random(rows.label, seed, source)
    return DataSet(rows.take(kept), rows.take(held), source, money)


def split_at_random(label: Bits, seed: int, source: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows to learn from and the 33 % that are held out, ascending.

    Raises:
        InputError: one of both has fewer than two rows of a label.
    """
    order = np.random.default_rng(seed).permutation(len(label))
    kept = len(label) - round(len(label) * HELD_OUT_SHARE)
    parts = np.sort(order[:kept]), np.sort(order[kept:])
    for name, rows in zip(("rows to learn from", "held-out rows"), parts, strict=True):
        refuse_few_of_a_label(label[rows], f"{source}: of the {len(rows):,} {name}")
    return parts


def refuse_few_of_a_label(label: Bits, where: str) -> None:
    """Refuses rows that nothing can be learned from or judged by.

    Raises:
        InputError: fewer than two rows of a label.
    """
    counts = np.bincount(label, minlength=2)
    if counts.min() < FEWEST_OF_A_LABEL:
        raise InputError(
            f"{where} {counts.min()} have the label {counts.argmin()}; at least {FEWEST_OF_A_LABEL} of each label are"
            " needed: bring more rows with it"
        )
