"""How much of alpha may be spent by the time that a share t of the information is in.

| name | spent at t | source |
|---|---|---|
| `obf` | 2 (1 - Phi(z_{alpha/2} / sqrt t)) | Lan & DeMets 1983, O'Brien-Fleming type |
| `pocock` | alpha log(1 + (e - 1) t) | Lan & DeMets 1983, Pocock type |
| `hsd` | alpha (1 - exp(-gamma t)) / (1 - exp(-gamma)) | Hwang, Shih & DeCani 1990; parameter gamma |
| `kim-demets` | alpha t^rho | Kim & DeMets 1987; parameter rho |
| `user` | given at each look, straight lines between | parameter: cumulative shares of alpha |
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from liftstream.experiment.arguments import fraction, number, one_of, positive, refuse, within
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record

NAMES = ("obf", "pocock", "hsd", "kim-demets", "user")
USUAL = {"hsd": -4.0, "kim-demets": 3.0}
"""Parameters where none is given: both close to O'Brien-Fleming."""
GAMMA_MOST, RHO_MOST = 40.0, 50.0
"""Largest parameters: beyond, everything is spent at one look, to all digits."""


@dataclass(frozen=True, repr=False)
class Spending(Record):
    """A spending function; `times` and `shares` only for `user`."""

    name: str = "obf"
    parameter: float | None = None
    times: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    """Cumulative alpha at `times`, as shares of alpha."""

    def __post_init__(self) -> None:
        one_of("spending", self.name, NAMES)
        if self.parameter is None and self.name in USUAL:
            object.__setattr__(self, "parameter", USUAL[self.name])
        if self.name == "hsd":
            within("gamma", self.parameter, -GAMMA_MOST, GAMMA_MOST)
        if self.name == "kim-demets":
            within("rho", positive("rho", self.parameter), 0, RHO_MOST)
        if self.name == "user":
            self._check_points()

    def _check_points(self) -> None:
        check_increasing(self.times)
        if len(self.shares) != len(self.times):
            refuse("cumulative alpha", self.shares, f"one number for each of {len(self.times)} looks")
        before = 0.0
        for share in self.shares:
            if not before <= number("cumulative alpha", share) <= 1 + 1e-9:
                refuse("cumulative alpha", list(self.shares), "never falling, and at most alpha")
            before = share

    def spent(self, t: float, alpha: float) -> float:
        """Alpha that may be spent by information t; nothing more beyond t = 1."""
        if number("t", t) <= 0:
            return 0.0
        if t >= 1 and self.name != "user":
            return alpha
        if self.name == "obf":
            return 2 * normal.upper_tail(normal.z_of_tail(fraction("alpha", alpha) / 2) / math.sqrt(t))
        if self.name == "pocock":
            return alpha * math.log1p((math.e - 1) * t)
        if self.name == "user":
            return alpha * self._interpolate(t)
        parameter = float(self.parameter or 0.0)
        if self.name == "kim-demets":
            return alpha * math.pow(t, parameter)
        if parameter == 0:
            return alpha * t
        return alpha * math.expm1(-parameter * t) / math.expm1(-parameter)

    def _interpolate(self, t: float) -> float:
        """The share spent by time t; constant after the last of the given times."""
        times, shares = (0.0, *self.times), (0.0, *self.shares)
        if t >= times[-1]:
            return shares[-1]
        at = max(1, bisect_left(times, t))
        between = (t - times[at - 1]) / (times[at] - times[at - 1])
        return shares[at - 1] + between * (shares[at] - shares[at - 1])


def check_increasing(times: Sequence[float]) -> None:
    """Refuses looks that are not in order, each above 0."""
    if len(times) == 0:
        refuse("looks", list(times), "at least one look")
    before = 0.0
    for t in times:
        if number("looks", t) <= before:
            refuse("looks", list(times), "increasing and above 0")
        before = t
