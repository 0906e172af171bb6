"""What it is worth to influence the clients from some score on, by what happened to them: the profit curve."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.experiment.arguments import fraction, not_negative, positive
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record
from liftstream.experiment.uplift.clients import Floats, clients_of, ranked, running


@dataclass(frozen=True, repr=False, eq=False)
class ProfitCurve(Record):
    """Money per client of all, more than if nobody were influenced, at every distinct score and before the highest.

    Attributes:
        threshold: everybody from this score on is influenced; first infinity (nobody), last the lowest score (everybody).
        share: of the clients that are influenced.
        profit: in money per client of all.
        low, high: the interval of the profit at each threshold by itself.
    """

    threshold: Floats
    share: Floats
    profit: Floats
    low: Floats
    high: Floats

    @property
    def best(self) -> int:
        """Where the profit is highest in these rows, which flatters it."""
        return int(np.argmax(self.profit))

    def at(self, threshold: float) -> int:
        """Where everybody with a score of at least `threshold` is influenced."""
        return int(np.searchsorted(-self.threshold, -threshold, side="right")) - 1

    def __repr__(self) -> str:
        return f"ProfitCurve(points={len(self.threshold)}, best={self.profit[self.best]:.6g} from {self.threshold[self.best]:.6g} on)"


def uplift_profit(
    y: Any, treatment: Any, score: Any, *, value: float = 1.0, cost: float = 0.0, level: float = 0.95
) -> ProfitCurve:
    """The profit of influencing by score, estimated from clients who were influenced by chance.

    Every client stands for value x y x (T / p - (1 - T) / (1 - p)) - cost, where p is the share that was influenced
    (Horvitz & Thompson 1952); the profit of a threshold is the sum over the clients that reach it, divided by all
    clients.

    Args:
        y, treatment, score: as `uplift_curve` takes them.
        value: money that one unit of the outcome is worth.
        cost: money that influencing one client costs.
        level: of the intervals.

    Raises:
        ValueError: the arrays make no sense together, or value is not above 0 or cost below it.
    """
    clients, z = clients_of(y, treatment, score), normal.z_of_tail((1 - fraction("level", level)) / 2)
    positive("value", value), not_negative("cost", cost)
    order, ends = ranked(clients.score)
    share = clients.treatment.mean()
    # The mean outcome is taken off first: it changes no expectation, and most of the noise goes with it.
    centred = clients.y - clients.y.mean()
    each = value * centred * np.where(clients.treatment, 1 / share, -1 / (1 - share)) - cost
    summed, squares = running(each[order], ends), running(each[order] ** 2, ends)
    profit = summed / len(order)
    error = np.sqrt(np.maximum(squares / len(order) - profit**2, 0) / len(order))
    threshold = np.concatenate([[np.inf], clients.score[order][ends - 1]])
    influenced = np.concatenate([[0], ends]) / len(order)
    return ProfitCurve(threshold, influenced, profit, profit - z * error, profit + z * error)
