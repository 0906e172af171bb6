"""How the predictions of segments become one: votes counted, numbers and probabilities joined, gaps dealt with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Booleans, Codes, Floats

VOTES: Final = {"majorityVote", "weightedMajorityVote"}
STANDING: Final = {"max", "median"}
"""Methods for which some of the segments stand for all, in a classification."""
ROUNDING: Final = 1e-12
"""Two probabilities are equally far from their median, whatever is rounded."""


@dataclass
class Combination:
    """How the predictions of segments become one."""

    method: str
    treatment: str
    threshold: float

    def settle(self, known: Booleans, held: Booleans, weights: Floats) -> tuple[Floats, Booleans]:
        """What each segment counts in each row [segments, rows], and the rows that have no result.

        Args:
            known: [segments, rows], where there is a prediction.
            held: [segments, rows], where the segment's predicate is true.
            weights: of the segments.
        """
        counted = np.where(known, weights[:, None], 0.0)
        lacking = held & ~known
        hopeless = np.asarray(~known.any(axis=0))
        if not lacking.any():
            return counted, hopeless
        if self.treatment == "returnMissing" or (self.treatment == "continue" and self.method not in VOTES):
            return counted, hopeless | lacking.any(axis=0)
        asked = np.where(held, weights[:, None], 0.0).sum(axis=0)
        lost = np.where(lacking, weights[:, None], 0.0).sum(axis=0)
        return counted, hopeless | (lost / asked > self.threshold)

    def outvoted(self, shares: Floats, counted: Floats, held: Booleans, weights: Floats) -> Booleans:
        """The rows in which "no prediction" has more votes than any class, where it is let vote (`continue`)."""
        if self.treatment != "continue":
            return np.zeros(len(shares), dtype=bool)
        lost = np.where(held & (counted == 0), weights[:, None], 0.0).sum(axis=0)
        return np.asarray(lost > np.nanmax(shares, axis=1, initial=0.0) * counted.sum(axis=0))

    def join_complete(self, values: Floats, weights: Floats, float32: bool) -> Floats | None:
        """The joined numbers where every segment has one everywhere, as is usual; None where not, or for other methods."""
        if self.method in ("sum", "average"):
            total = _add_in_turn(values, float32)
            joined = total / len(values) if self.method == "average" else total
        elif self.method in ("weightedSum", "weightedAverage") and not float32:
            total = np.asarray(weights @ values)
            joined = total / weights.sum() if self.method == "weightedAverage" else total
        else:
            return None
        return None if np.isnan(joined).any() else joined

    def join_numbers(self, values: Floats, counted: Floats, hopeless: Booleans, float32: bool) -> Floats:
        """One number a row of `values` [segments, rows], weighted by `counted`."""
        joined = NUMBERS[self.method](values, counted, float32)
        return np.where(hopeless, np.nan, joined)


def _add_in_turn(values: Floats, float32: bool) -> Floats:
    """Sums over segments [segments, rows], added one after the other as the tools do whose single precision must be met.

    numpy does so where there are several rows; the segments of a single row it would add in pairs, with other roundings.
    """
    exact = np.float32 if float32 else np.float64
    if values.shape[1] == 1:
        return np.asarray(np.add.accumulate(values, axis=0, dtype=exact)[-1], dtype=np.float64)
    return np.asarray(np.add.reduce(values, axis=0, dtype=exact), dtype=np.float64)


def _sum(values: Floats, counted: Floats, float32: bool) -> Floats:
    return _add_in_turn(np.where(counted > 0, values, 0.0), float32)


def _weighted_sum(values: Floats, counted: Floats, float32: bool) -> Floats:
    return _sum(np.where(counted != 0, values * counted, 0.0), np.abs(counted), float32)


def _average(values: Floats, counted: Floats, float32: bool) -> Floats:
    return np.asarray(_sum(values, counted, float32) / (counted > 0).sum(axis=0))


def _weighted_average(values: Floats, counted: Floats, float32: bool) -> Floats:
    return np.asarray(_weighted_sum(values, counted, float32) / counted.sum(axis=0))


def _median(values: Floats, counted: Floats, _float32: bool) -> Floats:
    counts = counted > 0
    return np.asarray(
        np.nanmedian(np.where(counts, values, np.where(counts.any(axis=0), np.nan, 0.0)), axis=0)
    )


def _weighted_median(values: Floats, counted: Floats, _float32: bool) -> Floats:
    """The first value, in order, at which half of the weight is reached."""
    order = np.argsort(np.where(counted > 0, values, np.inf), axis=0, kind="stable")
    reached = np.cumsum(np.take_along_axis(counted, order, axis=0), axis=0)
    first = (reached >= 0.5 * reached[-1]).argmax(axis=0)
    chosen = np.take_along_axis(order, first[None, :], axis=0)
    return np.asarray(np.take_along_axis(values, chosen, axis=0)[0])


def _max(values: Floats, counted: Floats, _float32: bool) -> Floats:
    return np.asarray(np.where(counted > 0, values, -np.inf).max(axis=0))


NUMBERS: Final[dict[str, Callable[[Floats, Floats, bool], Floats]]] = {
    "sum": _sum,
    "weightedSum": _weighted_sum,
    "average": _average,
    "weightedAverage": _weighted_average,
    "median": _median,
    "weightedMedian": _weighted_median,
    "max": _max,
}


def join_votes(codes: Codes, counted: Floats, classes: int) -> Floats:
    """Shares of the votes [rows, classes] of `codes` [segments, rows]."""
    votes = np.stack([np.where(codes == c, counted, 0.0).sum(axis=0) for c in range(classes)], axis=1)
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def average_of_standing(shares: Floats, joined: Floats, counted: Floats) -> Floats:
    """The probabilities of the segments whose probability of the leading class is nearest to its joined one, on average.

    Args:
        shares: [classes, segments, rows].
        joined: [rows, classes], the greatest or median probability of each class.
        counted: [segments, rows], 0 where a segment has no prediction.
    """
    rows = np.arange(len(joined))
    leading = np.where(np.isnan(joined), -np.inf, joined).argmax(axis=1)
    distance = np.abs(shares[leading, :, rows].T - joined[rows, leading])
    distance = np.where(counted > 0, distance, np.inf)
    standing = (distance <= distance.min(axis=0) + ROUNDING) & (counted > 0)
    return np.asarray(np.where(standing, shares, 0.0).sum(axis=1).T / standing.sum(axis=0)[:, None])
