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
    def of(cls, value: float, error: float) -> "Estimate":
        """An estimate with its standard error."""
        return cls(float(value), float(value - Z * error), float(value + Z * error))

    @classmethod
    def of_mean(cls, each: NDArray[Any]) -> "Estimate":
        """The mean of one value per row."""
        return cls.of(float(np.mean(each)), float(np.std(each) / np.sqrt(len(each))))


def evaluate(label: Bits, score: Floats) -> dict[str, Estimate]:
    """Accuracy at 0.5, area under the ROC curve, log loss in nats and Brier score of probabilities.

    Args:
        label: 1 for interested.
        score: P(interested) as the model has it; a log loss is left out where a score of 0 or 1 makes it infinite.
    """
    found = {
        "accuracy": Estimate.of_mean((score >= 0.5) == (label == 1)),
        "auc": area_under_curve(label, score),
        "brier": Estimate.of_mean((score - label) ** 2),
    }
    chance = np.where(label == 1, score, 1 - score)
    if chance.min() > 0:
        found["log_loss"] = Estimate.of_mean(-np.log(chance))
    return found


def area_under_curve(label: Bits, score: Floats) -> Estimate:
    """The probability that an interested client scores higher than another; ties count half.

    The interval is DeLong's (DeLong, DeLong, Clarke-Pearson 1988), computed by ranks (Sun, Xu 2014).
    """
    from scipy.stats import rankdata

    interested, other = score[label == 1], score[label == 0]
    ranks = rankdata(np.concatenate([interested, other]))
    below = (ranks[: len(interested)] - rankdata(interested)) / len(other)
    above = 1 - (ranks[len(interested) :] - rankdata(other)) / len(interested)
    error = np.sqrt(np.var(below) / len(below) + np.var(above) / len(above))
    return Estimate.of(float(np.mean(below)), float(error))


class Bin(NamedTuple):
    """Rows with similar scores: what was predicted and what came true, with its interval."""

    predicted: float
    observed: Estimate
    rows: int


def calibrate(label: Bits, score: Floats, bins: int = 20) -> list[Bin]:
    """The share of interested clients among rows of similar scores, equally many rows in each bin.

    The intervals are Wilson's, which stay within 0..1.
    """
    order = np.argsort(score, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [Bin(float(score[p].mean()), estimate_share(int(label[p].sum()), len(p)), len(p)) for p in parts]


def estimate_share(successes: int, trials: int) -> Estimate:
    """A share with its Wilson interval."""
    return Estimate(successes / trials, *wilson(successes, trials))
