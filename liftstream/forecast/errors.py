"""How far predictions were from what was spent."""

import math
from dataclasses import dataclass

import numpy as np

from liftstream.experiment.record import Record
from liftstream.forecast.history import Floats


@dataclass(frozen=True, repr=False)
class Errors(Record):
    """The errors of one model over users whose spending is known; None if there are none.

    Attributes:
        n: predictions whose truth is known.
        mse: mean squared error; rmse its root, in money; mae the mean absolute error.
        bias: mean of predicted less spent; above 0 predicts too much.
    """

    n: int
    mse: float | None = None
    rmse: float | None = None
    mae: float | None = None
    bias: float | None = None

    @classmethod
    def of(cls, predicted: Floats, spent: Floats) -> "Errors":
        """The errors of predictions, from arrays of the same length."""
        off = predicted - spent
        return cls.of_sums(len(off), float(np.sum(off**2)), float(np.sum(np.abs(off))), float(np.sum(off)))

    @classmethod
    def of_sums(cls, n: int, squares: float, absolutes: float, differences: float) -> "Errors":
        """The errors from their sums over `n` predictions."""
        if not n:
            return cls(0)
        return cls(n, squares / n, math.sqrt(squares / n), absolutes / n, differences / n)
