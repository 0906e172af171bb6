"""The interface of a shop's clients: those of the simulated shop, or of another simulation."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.truth import Bits, Floats

Decisions = NDArray[np.bool_] | Bits
Rows = slice | NDArray[np.int64] | list[int]


class Customers(Protocol):
    """People who may enter; row i of everything is client i."""

    @property
    def uuid(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Distinct, each one more than the one before."""

    @property
    def features(self) -> Bits:
        """Shape (clients, features), columns in the order of `FEATURES`."""

    @property
    def man(self) -> Bits:
        """What the original system decides."""

    @property
    def value_of_showing(self) -> Floats:
        """Expected $ that a decision for a client adds, as only a simulation knows."""

    def spend(self, rows: Rows, shown: Decisions, luck: Floats) -> Floats:
        """Money spent in sessions of some of them, given the decisions; `luck` is the chance in it, of mean 1."""

    def __len__(self) -> int: ...


class Population(Protocol):
    """Where new clients come from."""

    def __call__(self, rng: np.random.Generator, count: int, first_uuid: int) -> Customers:
        """`count` new clients with uuids from `first_uuid` on."""
