"""The three arrays that every function here takes, checked; and what they sum to from the highest score down."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import refuse

Floats = NDArray[np.float64]


OUTCOME_MOST = 1e100


class ScoredClients(NamedTuple):
    """One row per client: what came of it, whether it was influenced, its score."""

    y: Floats
    treatment: NDArray[np.bool_]
    score: Floats


class Totals(NamedTuple):
    """Sums over the clients with the highest scores; the last axis goes from nobody to everybody.

    Attributes:
        n_t, n_c: influenced clients, and clients left alone.
        y_t, y_c: their outcomes.
    """

    n_t: Floats
    n_c: Floats
    y_t: Floats
    y_c: Floats


def clients_of(y: Any, treatment: Any, score: Any) -> ScoredClients:
    """The arrays as numbers.

    Raises:
        ValueError: their lengths differ, a value is not a number, a treatment is not 0 or 1, or an arm has no client.
    """
    outcome, scores = _numbers("y", y), _numbers("score", score)
    treated = _numbers("treatment", treatment)
    too_large = outcome[np.abs(outcome) > OUTCOME_MOST]
    if len(too_large):
        refuse("y", float(too_large[0]), f"at most {OUTCOME_MOST:g} in size, as outcomes are squared")
    if not len(outcome) == len(treated) == len(scores):
        refuse("score", len(scores), f"as long as y ({len(outcome)}) and treatment ({len(treated)})")
    wrong = treated[(treated != 0) & (treated != 1)]
    if len(wrong):
        refuse("treatment", float(wrong[0]), "0 or 1 in every row")
    influenced = treated == 1
    if influenced.all() or not influenced.any():
        refuse("treatment", int(influenced.any()), "0 in some rows and 1 in others")
    return ScoredClients(outcome, influenced, scores)


def _numbers(name: str, values: Any) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        refuse(name, array.shape, "one value per client")
    finite = np.isfinite(array)
    if not finite.all():
        refuse(name, float(array[np.argmin(finite)]), "a finite number in every row")
    return array


def ranked(score: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows from the highest score down, and the number of rows down to the end of each group of equal scores."""
    order = np.argsort(-score)
    sorted_score = score[order]
    last = np.append(sorted_score[1:] != sorted_score[:-1], True)
    return order, np.flatnonzero(last) + 1


def totals_of(clients: ScoredClients) -> Totals:
    """Sums at every distinct score, the highest first, after a 0 for nobody."""
    order, ends = ranked(clients.score)
    y, treated = clients.y[order], clients.treatment[order]
    n_t, y_t = running(treated, ends), running(np.where(treated, y, 0.0), ends)
    every = np.concatenate([[0], ends]).astype(np.float64)
    return Totals(n_t, every - n_t, y_t, running(np.where(treated, 0.0, y), ends))


def running(values: NDArray[Any], ends: NDArray[np.int64]) -> Floats:
    """Sums of the first values, up to each of `ends`, after a 0."""
    summed = np.cumsum(values)[ends - 1]
    return np.concatenate([[0.0], summed])
