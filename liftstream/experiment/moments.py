"""Count, mean and sum of squared deviations of a client's money: streaming, mergeable, retractable.

Welford (1962) for one value, Chan, Golub & LeVeque (1983) for two parts. Sums of squares would lose every digit where
the mean is large against the spread. A client is one observation: its purchases are summed first, and when another
one arrives its old total is replaced by the new one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liftstream.experiment.arguments import not_negative, number, refuse, whole
from liftstream.experiment.record import Record

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, repr=False)
class Moments(Record):
    """What is known of the clients of one arm.

    >>> Moments.of([20.0, 22.0]) + Moments.of([24.0])
    Moments(n=3, mean=22, m2=8)
    """

    n: int = 0
    """Clients."""
    mean: float = 0.0
    m2: float = 0.0
    """Sum of squared deviations from the mean."""

    @classmethod
    def of(cls, values: "ArrayLike") -> "Moments":
        """The moments of an array with one value per client.

        Raises:
            ValueError: a value is not a number; the message counts them and names the first.
        """
        import numpy as np

        array = np.asarray(values, dtype=np.float64).ravel()
        if array.size == 0:
            return cls()
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # what is too large is told below, or by who takes a root
            mean = float(array.mean())
            deviations = array - mean
            squares = float(deviations @ deviations)
        if not math.isfinite(mean):
            bad = np.flatnonzero(~np.isfinite(array))
            if not bad.size:
                refuse("values", float(np.abs(array).max()), "so small that their sum is a number")
            said = f"finite numbers; {bad.size} of them are not, the first at position {bad[0]}"
            refuse("values", float(array[bad[0]]), said)
        # the mean's own rounding, taken out again (Chan's corrected two-pass algorithm)
        slip = float(deviations.sum())
        m2 = squares - slip * slip / array.size if math.isfinite(squares) else math.inf
        return cls(int(array.size), mean + slip / array.size, max(m2, 0.0))

    @classmethod
    def from_sums(cls, n: int, total: float, sum_squares: float) -> "Moments":
        """The moments that follow from a sum and a sum of squares, as other tools keep them."""
        n = whole("n", n, 1)
        m2 = number("sum_squares", sum_squares) - number("sum", total) ** 2 / n
        if m2 < 0 and m2 < -1e-9 * sum_squares:
            refuse("sum_squares", sum_squares, f"at least sum^2 / n = {total**2 / n:g}")
        return cls(n, total / n, max(m2, 0.0))

    @classmethod
    def from_summary(cls, n: int, mean: float, sd: float) -> "Moments":
        """The moments that follow from a mean and a standard deviation (of the sample, divisor n - 1)."""
        n = whole("n", n, 1)
        m2 = not_negative("sd", sd) * sd * (n - 1)
        if math.isinf(m2):
            refuse("sd", sd, "so small that its square is a number")
        return cls(n, number("mean", mean), m2)

    @property
    def variance(self) -> float:
        """Variance of the sample, divisor n - 1.

        Raises:
            ValueError: fewer than two clients, or squared deviations below 0.
        """
        if self.n < 2:
            refuse("n", self.n, "at least 2 clients to have a variance")
        if self.m2 < 0:
            refuse("m2", self.m2, "at least 0: a sum of squares")
        return self.m2 / (self.n - 1)

    @property
    def sd(self) -> float:
        """Standard deviation of the sample."""
        return math.sqrt(self.variance)

    @property
    def total(self) -> float:
        """All money, in $."""
        return self.n * self.mean

    def add(self, value: float) -> "Moments":
        """The moments with another client."""
        n = self.n + 1
        distance = number("value", value) - self.mean
        mean = self.mean + distance / n
        return Moments(n, mean, self.m2 + distance * (value - mean))

    def retract(self, value: float) -> "Moments":
        """The moments without a client that was added before."""
        if self.n < 2:
            if self.n == 0:
                refuse("value", value, "one that was added before; there is none")
            return Moments()
        n = self.n - 1
        distance = number("value", value) - self.mean
        mean = self.mean - distance / n
        return Moments(n, mean, max(0.0, self.m2 - distance * (value - mean)))

    def replace(self, old: float, new: float) -> "Moments":
        """The moments after a client's total has changed: a second purchase, a refund, late money."""
        return self.retract(old).add(new)

    def __add__(self, other: "Moments") -> "Moments":
        """The moments of both parts together."""
        n = self.n + other.n
        if n == 0:
            return self
        distance = other.mean - self.mean
        mean = (
            self.mean + distance * (other.n / n)
            if self.n >= other.n
            else other.mean - distance * (self.n / n)
        )
        return Moments(n, mean, self.m2 + other.m2 + distance * distance * (self.n * other.n / n))


def merge(parts: Iterable[Moments]) -> Moments:
    """The moments of all parts together."""
    return sum(parts, Moments())
