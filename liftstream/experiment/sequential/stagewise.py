"""p-value, interval and estimate after an experiment that was looked at several times.

Stagewise ordering (Fairbanks & Madsen 1982; Tsiatis, Rosner & Mehta 1984): an earlier crossing is stronger evidence,
within a look the larger z is. The p-value is below alpha exactly when a bound was crossed, and the interval excludes
zero exactly then. Futility bounds are ignored, so the result is valid even if they were not obeyed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from liftstream.experiment.numerics.normal import z_of_tail
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.crossing import Paths, drift_where
from liftstream.experiment.sequential.sequential_bounds import lower_bounds


@dataclass(frozen=True, repr=False)
class Stop(Record):
    """What is known at the look where an experiment stopped; drifts are means of z at information 1."""

    pvalue: float
    drift_low: float
    drift_high: float
    drift: float
    """Median-unbiased."""


@lru_cache(maxsize=256)
def at_stop(
    times: tuple[float, ...], upper: tuple[float, ...], z: float, alpha: float, *, two_sided: bool = False
) -> Stop:
    """Inference at the last of the looks that were taken.

    Args:
        times: information at the looks taken, the stop included.
        upper: the bounds at these looks.
        z: the statistic at the stop.
        alpha: of all sides; the interval has level 1 - alpha with two sides, 1 - 2 alpha with one.
    """
    if two_sided and z < 0:
        mirrored = at_stop(times, upper, -z, alpha, two_sided=True)
        return Stop(mirrored.pvalue, -mirrored.drift_high, -mirrored.drift_low, -mirrored.drift)
    tail = alpha / 2 if two_sided else alpha
    p = as_strong(times, upper, z, 0.0, two_sided=two_sided)
    return Stop(
        pvalue=min(1.0, 2 * min(p, 1 - p)) if two_sided else p,
        drift_low=_drift_at(times, upper, z, tail, two_sided),
        drift_high=_drift_at(times, upper, z, 1 - tail, two_sided),
        drift=_drift_at(times, upper, z, 0.5, two_sided),
    )


def as_strong(
    times: Sequence[float], upper: Sequence[float], z: float, drift: float, *, two_sided: bool
) -> float:
    """P(evidence for the candidate as strong as z at the last look, or stronger)."""
    return min(1.0, sum(_paths(times, upper, z, drift, two_sided).crossed(drift)[0]))


def _paths(times: Sequence[float], upper: Sequence[float], z: float, drift: float, two_sided: bool) -> Paths:
    """The paths that cross a bound at an earlier look, or reach z at the last one."""
    high = (*upper[:-1], z)
    return Paths.of(times, lower_bounds(high, two_sided), high, drift)


def _drift_at(
    times: Sequence[float], upper: Sequence[float], z: float, level: float, two_sided: bool
) -> float:
    """The drift under which evidence as strong has probability `level`."""
    return drift_where(
        lambda drift: _paths(times, upper, z, drift, two_sided),
        lambda paths, drift: sum(paths.crossed(drift)[0]) - level,
        (z - z_of_tail(level)) / math.sqrt(times[-1]),
    )
