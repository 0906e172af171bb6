"""Moments of two numbers of a client at once: money with a covariate (CUPED), or with a ratio's denominator.

Like `Moments`, with the sum of products of deviations in addition (Chan, Golub & LeVeque 1983; Pebay 2008).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liftstream.experiment.arguments import number, refuse
from liftstream.experiment.moments import Moments
from liftstream.experiment.record import Record

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROUNDING = 1e-14
"""Less of the variation is left by rounding alone where one number follows from the other."""


@dataclass(frozen=True, repr=False)
class PairMoments(Record):
    """What is known of (y, x) of the clients of one arm."""

    n: int = 0
    mean: float = 0.0
    """Mean of y, the money."""
    mean_x: float = 0.0
    m2: float = 0.0
    m2_x: float = 0.0
    cross: float = 0.0
    """Sum of products of the deviations."""

    @classmethod
    def of(cls, y: "ArrayLike", x: "ArrayLike") -> "PairMoments":
        """The moments of two arrays with one value per client each."""
        import numpy as np

        first, second = np.asarray(y, dtype=np.float64).ravel(), np.asarray(x, dtype=np.float64).ravel()
        if first.size != second.size:
            refuse("x", second.size, f"an array of {first.size} values, one per client")
        of_y, of_x = Moments.of(first), Moments.of(second)
        cross = float((first - of_y.mean) @ (second - of_x.mean))
        return cls(of_y.n, of_y.mean, of_x.mean, of_y.m2, of_x.m2, cross)

    @classmethod
    def from_sums(
        cls, n: int, y: float, x: float, y_squares: float, x_squares: float, products: float
    ) -> "PairMoments":
        """The moments that follow from sums, sums of squares and the sum of products, as other tools keep them."""
        of_y, of_x = Moments.from_sums(n, y, y_squares), Moments.from_sums(n, x, x_squares)
        return cls(n, of_y.mean, of_x.mean, of_y.m2, of_x.m2, number("products", products) - y * x / n)

    @property
    def y(self) -> Moments:
        """The money alone."""
        return Moments(self.n, self.mean, self.m2)

    @property
    def x(self) -> Moments:
        """The covariate or denominator alone."""
        return Moments(self.n, self.mean_x, self.m2_x)

    @property
    def covariance(self) -> float:
        """Covariance of the sample, divisor n - 1."""
        if self.n < 2:
            refuse("n", self.n, "at least 2 clients to have a covariance")
        return self.cross / (self.n - 1)

    def add(self, y: float, x: float) -> "PairMoments":
        """The moments with another client."""
        of_y, of_x = self.y.add(y), self.x.add(x)
        cross = self.cross + (y - self.mean) * (x - of_x.mean)
        return PairMoments(of_y.n, of_y.mean, of_x.mean, of_y.m2, of_x.m2, cross)

    def retract(self, y: float, x: float) -> "PairMoments":
        """The moments without a client that was added before."""
        of_y, of_x = self.y.retract(y), self.x.retract(x)
        cross = self.cross - (y - of_y.mean) * (x - self.mean_x) if of_y.n else 0.0
        return PairMoments(of_y.n, of_y.mean, of_x.mean, of_y.m2, of_x.m2, cross)

    def replace(self, old: float, new: float, x: float) -> "PairMoments":
        """The moments after a client's money has changed; the covariate stays."""
        return self.retract(old, x).add(new, x)

    def __add__(self, other: "PairMoments") -> "PairMoments":
        """The moments of both parts together."""
        of_y, of_x = self.y + other.y, self.x + other.x
        if of_y.n == 0:
            return self
        apart = (other.mean - self.mean) * (other.mean_x - self.mean_x) * (self.n * other.n / of_y.n)
        cross = self.cross + other.cross + apart
        return PairMoments(of_y.n, of_y.mean, of_x.mean, of_y.m2, of_x.m2, cross)

    def combine(self, of_y: float, of_x: float) -> Moments:
        """Moments of the client's `of_y * y + of_x * x`."""
        alone = (of_y * math.sqrt(self.m2)) ** 2 + (of_x * math.sqrt(self.m2_x)) ** 2
        m2 = alone + 2 * of_y * of_x * self.cross
        mean = number("mean", of_y * self.mean + of_x * self.mean_x)
        return Moments(self.n, mean, m2 if m2 > ROUNDING * alone else 0.0)


def merge_pairs(parts: Iterable[PairMoments]) -> PairMoments:
    """The moments of all parts together."""
    return sum(parts, PairMoments())
