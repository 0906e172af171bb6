"""A day on a cluster, as one queue: what sizes are held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400


@dataclass(frozen=True)
class Day:
    """A day second by second: pairs that came, and for how long those that came then had to wait for their turn."""

    arrivals: NDArray[np.float64]
    delay_s: NDArray[np.float64]


def simulate_day(
    peak_per_s: float,
    capacity_per_s: float,
    outage_at_s: int | None = None,
    outage_s: int = 60,
    seed: int = 1,
) -> Day:
    """A day on a cluster, as one queue.

    Traffic is a day's curve between a tenth of the peak at night and the peak in the evening, Poisson within a second,
    with a burst of a tenth above the peak for five minutes.

    Args:
        peak_per_s: pairs.
        capacity_per_s: pairs that all slots answer.
        outage_at_s: when nothing is answered; None: never.
        outage_s: for how long.
        seed: of the arrivals.
    """
    seconds = np.arange(DAY_S)
    curve = peak_per_s * (0.55 + 0.45 * np.sin(2 * np.pi * (seconds / DAY_S - 0.55)))
    burst = (seconds >= 72_000) & (seconds < 72_300)
    arrivals = np.random.default_rng(seed).poisson(np.where(burst, 1.1 * peak_per_s, curve)).astype(float)
    capacity = np.full(DAY_S, float(capacity_per_s))
    if outage_at_s is not None:
        capacity[outage_at_s : outage_at_s + outage_s] = 0
    return Day(arrivals, _delays_s(arrivals, capacity))


def _delays_s(arrivals: NDArray[np.float64], capacity: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long the last pair of each second waits: until as much was answered as had come."""
    surplus = np.cumsum(arrivals - capacity)
    backlog = surplus - np.minimum(np.minimum.accumulate(surplus), 0)
    answered = np.cumsum(arrivals) - backlog
    done = np.searchsorted(answered, np.cumsum(arrivals) - 1e-6)
    delay: NDArray[np.float64] = np.maximum(0.0, done - np.arange(len(arrivals)))
    return delay
