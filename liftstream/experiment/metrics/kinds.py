"""Kinds of metrics: what a client's number is, how its mean and a difference of means read, and how far it spreads.

Whatever the kind, an arm is summed up per client (the unit that was drawn), so a mean of zeros and ones is a rate of
clients, and a client with many visits still is one observation.

>>> PROPORTION.against(0.0057, 0.0088)
'0.88 % of clients against 0.57 %'
>>> PROPORTION.change(0.0031, sign=True)
'+0.31 points'
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from liftstream.experiment.amounts import money
from liftstream.experiment.arguments import fraction, one_of, positive
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class Kind(Record):
    """A kind of metric."""

    name: str
    unit: str
    """Unit of a difference, in tables and documents."""
    level_unit: str
    """Unit behind an arm's mean."""
    change_unit: str
    """Unit behind a difference."""
    noun: str
    """Name of a metric that has none."""
    scale: float = 1.0
    """Factor by which means are shown."""

    def level(self, mean: float) -> str:
        """An arm's mean: `20.04 $ per client`, `0.88 % of clients`, `1.32 per client`."""
        return f"{self.number(mean)} {self.level_unit}".rstrip()

    def number(self, value: float, *, sign: bool = False, beside: Iterable[float | None] = ()) -> str:
        """A mean or a difference without its unit, with as many decimals as those beside it (see `money`)."""
        scaled = (None if other is None else self.scale * other for other in beside)
        return money(self.scale * value, sign=sign, beside=scaled)

    def change(self, effect: float, *, sign: bool = False, beside: Iterable[float | None] = ()) -> str:
        """A difference of two means: `0.92 $ per client`, `0.31 points`, `0.12 per client`."""
        return f"{self.number(effect, sign=sign, beside=beside)} {self.change_unit}".rstrip()

    def against(self, original: float, candidate: float) -> str:
        """Both means: `0.88 % of clients against 0.57 %`."""
        short = " %" if self.scale == 100 else ""
        level = f"{self.number(candidate, beside=(original,))} {self.level_unit}".rstrip()
        return f"{level} against {self.number(original, beside=(candidate,))}{short}"

    def spread(self, mean: float) -> float | None:
        """Standard deviation of a client's number, if it follows from the mean; otherwise None.

        A rate of clients has sqrt(p (1 - p)); a count is taken as Poisson's, sqrt(mean).
        """
        if self.name == "proportion":
            return math.sqrt(fraction("base_rate", mean) * (1 - mean))
        if self.name == "count":
            return math.sqrt(positive("base_rate", mean))
        return None


MONEY = Kind("money", "$ per client", "$ per client", "$ per client", "money")
PROPORTION = Kind("proportion", "share of clients", "% of clients", "points", "conversion", 100.0)
COUNT = Kind("count", "per client", "per client", "per client", "the count")
MEAN = Kind("mean", "per client", "per client", "per client", "the mean")
"""A number that is neither money nor counted: seconds, degrees."""
RATIO = Kind("ratio", "ratio of two sums", "", "", "the ratio")
QUANTILE = Kind("quantile", "difference of quantiles", "", "", "the quantile")

KINDS = {kind.name: kind for kind in (MONEY, PROPORTION, COUNT, MEAN, RATIO, QUANTILE)}
PLANNED = ("money", "proportion", "count")
"""Kinds of which a plan with several looks can be made: those whose arms are means over clients."""


def kind_of(name: str) -> Kind:
    """The kind of a name.

    Raises:
        ValueError: there is none of this name.
    """
    return KINDS[one_of("kind", name, KINDS)]
