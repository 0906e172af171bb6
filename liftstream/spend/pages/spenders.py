"""The users who are predicted to spend most in the newest period."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.spend.observed import Observed

SHOWN: Final = 20


@dataclass(frozen=True)
class Spender:
    """A user with the prediction that was served."""

    user: str
    model: str
    served: float
    by_model: dict[str, float | None]
    spent: float | None


@dataclass(frozen=True)
class Spenders:
    """The users with the highest predictions of a period, and how many there are in all."""

    period: str
    users: int
    predicted: float
    rows: list[Spender]


def top_spenders(observed: Observed) -> Spenders:
    """The first twenty; equal predictions in the order of the ids."""
    period = max(observed.period)
    inside = np.flatnonzero(observed.in_period(period)).tolist()
    served = {i: float(observed.predicted[observed.serving[i]][i]) for i in inside}
    order = sorted(inside, key=lambda i: (-served[i], observed.user[i]))
    rows = [
        Spender(
            observed.user[i],
            observed.serving[i],
            served[i],
            {name: _known(values[i]) for name, values in observed.predicted.items()},
            _known(observed.spent[i]),
        )
        for i in order[:SHOWN]
    ]
    return Spenders(period, len(inside), sum(served.values()), rows)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
