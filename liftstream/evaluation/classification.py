"""How well a model knows who is interested: figures on held-out rows, each with its 95 % interval."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.compare.proportions import wilson

Floats = NDArray[np.float64]
Bits = NDArray[np.uint8]

Z: Final = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""


class Estimate(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval: the number behind ±."""
        return (self.high - self.low) / 2

    def to_dict(self) -> dict[str, float]:
        """For cards and `--json`: rounded to six places."""
        return {name: round(value, 6) + 0.0 for name, value in self._asdict().items()}  # no -0.0

    @classmethod
    def of_mean(cls, each: NDArray[Any]) -> "Estimate":
        """The mean of one value per row, with Student's interval; of no width for a single row."""
        from scipy.special import stdtrit

        mean, free = float(np.mean(each)), max(len(each) - 1, 1)
        reach = float(stdtrit(free, 0.975) * np.std(each) / np.sqrt(free))
        return cls(mean, mean - reach, mean + reach)


def evaluate(label: Bits, score: Floats) -> dict[str, Estimate]:
    """Accuracy at 0.5, area under the ROC curve, log loss in nats and Brier score of probabilities.

    Args:
        label: 1 for interested.
        score: P(interested) as the model has it; a log loss is left out where a score of 0 or 1 makes it infinite.
    """
    found = {
        "accuracy": estimate_share(int(((score >= 0.5) == (label == 1)).sum()), len(label)),
        "auc": area_under_curve(label, score),
        "brier": Estimate.of_mean((score - label) ** 2),
    }
    chance = np.where(label == 1, score, 1 - score)
    if chance.min() > 0:
        found["log_loss"] = Estimate.of_mean(-np.log(chance))
    return found


def area_under_curve(label: Bits, score: Floats) -> Estimate:
    """The probability that an interested client scores higher than another; ties count half.

    The interval is DeLong's (DeLong, DeLong, Clarke-Pearson 1988), computed by ranks (Sun, Xu 2014), on the scale of the
    log-odds and with one more client of either kind in the middle of the ranking: without these it is too short for few
    clients, passes 1, and has no width where the scores separate all.
    """
    from scipy.special import expit, logit
    from scipy.stats import rankdata

    interested, other = score[label == 1], score[label == 0]
    ranks = rankdata(np.concatenate([interested, other]))
    below = (ranks[: len(interested)] - rankdata(interested)) / len(other)
    above = 1 - (ranks[len(interested) :] - rankdata(other)) / len(interested)
    value, parts = float(np.mean(below)), [np.append(part, 0.5) for part in (below, above)]
    middle = float(np.mean([part.mean() for part in parts]))
    error = np.sqrt(sum(part.var() / (len(part) - 1) for part in parts))
    low, high = expit(logit(middle) + np.array([-Z, Z]) * error / (middle * (1 - middle)))
    return Estimate(value, min(float(low), value), max(float(high), value))


class Bin(NamedTuple):
    """Rows with similar scores: what was predicted and what came true, with its interval."""

    predicted: float
    observed: Estimate
    rows: int


def calibrate(label: Bits, score: Floats, bins: int = 20) -> list[Bin]:
    """The share of interested clients among rows of similar scores, about equally many rows in each bin.

    Equal scores share a bin, so the order of the rows means nothing. The intervals are Wilson's, which stay within 0..1.
    """
    return [
        Bin(float(score[rows].mean()), estimate_share(int(label[rows].sum()), len(rows)), len(rows))
        for rows in group_by_score(score, bins)
    ]


def group_by_score(score: Floats, groups: int) -> list[NDArray[np.int64]]:
    """Rows in at most so many groups of about equal size, from low to high scores; equal scores in one group."""
    order = np.argsort(score, kind="stable")
    ends = np.linspace(0, len(order), groups + 1).astype(np.int64)[1:]
    ends = np.searchsorted(score[order], score[order][ends[ends > 0] - 1], side="right")
    return np.split(order, np.unique(ends)[:-1])


def estimate_share(successes: int, trials: int) -> Estimate:
    """A share with its Wilson interval."""
    return Estimate(successes / trials, *wilson(successes, trials))
