"""Uplift@k: the effect of influencing among the share k of clients with the highest scores."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import fraction, one_of, refuse, whole, within
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record
from liftstream.experiment.uplift.clients import Floats, ScoredClients, clients_of

RANKINGS: Final = ("overall", "by group")


@dataclass(frozen=True, repr=False)
class UpliftAtK(Record):
    """Mean outcome of the influenced less that of those left alone, among the best clients.

    Attributes:
        value: in units of the outcome.
        ci_low, ci_high: Wald's interval at `level`; None where an arm has fewer than two clients there.
        k: the share, or the number, that was asked for.
        ranking: `overall` takes the best of all clients, `by group` the best of each arm.
        n_t, n_c: clients of each arm that were compared.
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    k: float
    ranking: str
    level: float
    n_t: float
    n_c: float


class Best(NamedTuple):
    """Outcomes of the best clients with the weight of each: below 1 for those who share the last places."""

    y: Floats
    weight: Floats

    @property
    def mean(self) -> float:
        return float(self.y @ self.weight / self.weight.sum())

    @property
    def square_error(self) -> float:
        """Squared standard error of the mean."""
        clients = float(self.weight.sum())
        return float(self.weight @ (self.y - self.mean) ** 2) / (clients * (clients - 1))


def uplift_at_k(
    y: Any, treatment: Any, score: Any, k: float = 0.3, *, ranking: str = "by group", level: float = 0.95
) -> UpliftAtK:
    """The effect among the clients with the highest scores.

    Clients of equal score at the edge share the places that are left, so the order of the rows means nothing
    (`scikit_uplift_at_k` takes the last of them).

    Args:
        y, treatment, score: as `uplift_curve` takes them.
        k: a share in (0, 1), of which whole clients are taken, or a whole number of clients.
        ranking: `overall` or `by group`.
        level: of the interval.

    Raises:
        ValueError: the arrays make no sense together; or k leaves an arm without a client.

    >>> uplift_at_k([1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 1], [6, 5, 4, 3, 2, 1], 0.5).value
    1.0
    """
    one_of("ranking", ranking, RANKINGS)
    clients = clients_of(y, treatment, score)
    influenced, left = (_best(clients, arm, k, ranking) for arm in (True, False))
    value = influenced.mean - left.mean
    low, high = _interval(value, influenced, left, fraction("level", level))
    sizes = float(influenced.weight.sum()), float(left.weight.sum())
    return UpliftAtK(value, low, high, k, ranking, level, *sizes)


def _best(clients: ScoredClients, arm: bool, k: float, ranking: str) -> Best:
    own = clients.treatment == arm
    among = clients.score[own] if ranking == "by group" else clients.score
    weight = best_weights(among, places(k, len(among)))
    weight = weight if ranking == "by group" else weight[own]
    if not weight.sum() > 0:
        refuse("k", k, f"large enough to have clients that were {'influenced' if arm else 'left alone'}")
    chosen = weight > 0
    return Best(clients.y[own][chosen], weight[chosen])


def places(k: float, clients: int) -> int:
    """How many clients are the best k of them.

    Raises:
        ValueError: k is neither a share in (0, 1) nor a whole number up to the clients.
    """
    if isinstance(k, int | np.integer) and not isinstance(k, bool):
        return int(within("k", whole("k", k, 1), 1, clients))
    return int(clients * fraction("k", k))


def best_weights(score: Floats, best: int) -> NDArray[np.float64]:
    """1 for the best scores, 0 for the others; equal scores at the edge share what is left."""
    weight = np.zeros(len(score))
    if best == 0:
        return weight
    edge = np.partition(score, len(score) - best)[len(score) - best]
    above, at = score > edge, score == edge
    weight[above] = 1.0
    weight[at] = (best - above.sum()) / at.sum()
    return weight


def _interval(value: float, influenced: Best, left: Best, level: float) -> tuple[float | None, float | None]:
    if min(influenced.weight.sum(), left.weight.sum()) < 2:
        return None, None
    error = np.sqrt(influenced.square_error + left.square_error)
    reach = float(normal.z_of_tail((1 - level) / 2) * error)
    return value - reach, value + reach
