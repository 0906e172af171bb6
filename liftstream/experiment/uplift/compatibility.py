"""The same figures as two libraries give them, to the last digits: scikit-uplift 0.5 and causalml 0.18.

scikit-uplift collapses equal scores, subtracts the random line and divides by the perfect curve, as `auuc` and `qini`
do: a perfect score has 1, a random one 0. causalml collapses nothing, divides by the curve's last value, adds up
heights instead of trapezia, and subtracts the random line from Qini only: a random score has an AUUC of 0.5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import one_of, refuse
from liftstream.experiment.uplift.area import auuc, qini
from liftstream.experiment.uplift.at_k import RANKINGS, places
from liftstream.experiment.uplift.clients import Floats, ScoredClients, clients_of


def scikit_uplift_auuc(y: Any, treatment: Any, score: Any) -> float:
    """`sklift.metrics.uplift_auc_score`; outcomes 0 or 1."""
    return auuc(y, treatment, score, draws=0).value


def scikit_uplift_qini(y: Any, treatment: Any, score: Any) -> float:
    """`sklift.metrics.qini_auc_score`; outcomes 0 or 1."""
    return qini(y, treatment, score, draws=0).value


def scikit_uplift_at_k(
    y: Any, treatment: Any, score: Any, k: float = 0.3, *, ranking: str = "overall"
) -> float:
    """`sklift.metrics.uplift_at_k`; of clients with the score at the edge the last rows are taken."""
    one_of("ranking", ranking, RANKINGS)
    clients = clients_of(y, treatment, score)
    if ranking == "by group":
        return _top_mean(clients, True, k) - _top_mean(clients, False, k)
    chosen = _last_first(clients.score)[: places(k, len(clients.y))]
    y_best, treated = clients.y[chosen], clients.treatment[chosen]
    if treated.all() or not treated.any():
        refuse("k", k, "large enough to have clients of both arms")
    return float(y_best[treated].mean() - y_best[~treated].mean())


def _top_mean(clients: ScoredClients, arm: bool, k: float) -> float:
    own = clients.treatment == arm
    best = places(k, int(own.sum()))
    if not best:
        refuse("k", k, "large enough to have clients of both arms")
    return float(clients.y[own][_last_first(clients.score[own])[:best]].mean())


def _last_first(score: Floats) -> NDArray[np.int64]:
    return np.argsort(score, kind="stable")[::-1]


def causalml_auuc(y: Any, treatment: Any, score: Any) -> float:
    """`causalml.metrics.auuc_score`, normalised.

    Not a number where influencing everybody gains nothing.
    """
    heights = _causalml_heights(y, treatment, score, "uplift")
    return float(heights.mean())


def causalml_qini(y: Any, treatment: Any, score: Any) -> float:
    """`causalml.metrics.qini_score`, normalised.

    Not a number where influencing everybody gains nothing.
    """
    heights = _causalml_heights(y, treatment, score, "qini")
    return float(heights.mean() - heights[-1] / 2)


def _causalml_heights(y: Any, treatment: Any, score: Any, kind: str) -> Floats:
    """The curve after 0, 1, 2... clients, divided by its last value; before both arms have a client it is drawn straight.

    Rows of equal score stay in the order in which pandas 2 sorts them: numpy's default sort, applied and read backwards.
    """
    clients = clients_of(y, treatment, score)
    order = len(clients.score) - 1 - np.argsort(clients.score[::-1])[::-1]
    outcome, treated = clients.y[order], clients.treatment[order]
    n_t, n_c = np.cumsum(treated), np.cumsum(~treated)
    y_t, y_c = np.cumsum(outcome * treated), np.cumsum(outcome * ~treated)
    with np.errstate(divide="ignore", invalid="ignore"):
        height = y_t / n_t - y_c / n_c if kind == "uplift" else y_t - y_c * n_t / n_c
        at = np.arange(len(height) + 1)
        drawn = np.append(0.0, height)
        known = np.isfinite(drawn)
        drawn = np.interp(at, at[known], drawn[known])
        drawn = drawn * at if kind == "uplift" else drawn
        divided: Floats = drawn / abs(drawn[-1])
    return divided
