"""Money per client of one arm, as its clients paid."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.evaluation.classification import Z
from liftstream.experiment import ClientData
from liftstream.experiment.record import Record

LEAST: Final = 30
"""Fewest clients of an arm for a mean that is shown."""


@dataclass(frozen=True, repr=False)
class Mean(Record):
    """The arm's mean after a number of clients of all arms, with its 95 % interval at that moment, in $."""

    clients: int
    mean: float
    low: float
    high: float


def means_over_time(data: ClientData, arm: str, points: int = 200) -> list[Mean]:
    """The running mean of an arm, at most `points` of them, the last after its last client."""
    if arm not in data.arms:
        return []
    (places,) = np.nonzero(data.arm == data.arms.index(arm))
    spent = data.revenue[places]
    n = np.arange(1, len(spent) + 1)
    mean = np.cumsum(spent) / n
    centred = np.cumsum((spent - spent.mean()) ** 2) - n * (mean - spent.mean()) ** 2
    half = Z * np.sqrt(np.maximum(centred, 0) / np.maximum(n - 1, 1) / n)
    if len(spent) < LEAST:
        return []
    at = np.unique(np.linspace(LEAST - 1, len(spent) - 1, points).astype(np.int64))
    return [
        Mean(int(places[i]) + 1, float(mean[i]), float(mean[i] - half[i]), float(mean[i] + half[i]))
        for i in at
    ]
