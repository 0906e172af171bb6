"""What a model earns at every threshold, and the threshold that earns most: $ per client over the original system."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.evaluation.classification import Estimate, Z

Floats = NDArray[np.float64]
Bits = NDArray[np.uint8]

THRESHOLDS: Final = np.round(np.arange(1001) / 1000, 3)
ONE_SIDED_Z: Final = 1.6448536269514722


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Gain over the original system by threshold, in $ per client, on rows whose interest is known.

    Attributes:
        threshold: ascending; a client is shown the category from this score on.
        gain: mean per client.
        low, high: 95 % interval of the gain at each threshold by itself.
        best: the threshold that earned most.
        best_interval: every threshold outside earned significantly less than `best` (one-sided, 5 %).
            In simulations with 2,000 to 165,000 rows it held the true optimum in 94 to 97 % of the cases.
    """

    threshold: Floats
    gain: Floats
    low: Floats
    high: Floats
    best: float
    best_interval: tuple[float, float]

    def at(self, threshold: float) -> Estimate:
        """The gain at one of the thresholds."""
        i = int(np.searchsorted(self.threshold, threshold))
        return Estimate(float(self.gain[i]), float(self.low[i]), float(self.high[i]))


def draw_curve(value: Floats, score: Floats, original: Bits) -> ThresholdCurve:
    """The profit curve of scores on rows.

    Args:
        value: what showing the category adds for each client, in $.
        score: what is compared with the threshold.
        original: the original system's decisions, 0/1.
    """
    rows = len(value)
    gain = (_sum_from(score, value) - np.sum(value * original)) / rows
    # A client counts in the difference only where the two systems decide differently.
    squares = _sum_from(score, value**2 * (1 - 2.0 * original)) + np.sum(value**2 * original)
    error = np.sqrt(np.maximum(squares / rows - gain**2, 0) / rows)
    best = int(np.argmax(gain))
    band = Z * error
    return ThresholdCurve(
        THRESHOLDS,
        gain,
        gain - band,
        gain + band,
        float(THRESHOLDS[best]),
        _not_worse(score, value, gain, best),
    )


def _sum_from(score: Floats, amount: Floats) -> Floats:
    """The sum of `amount` over the rows with score >= threshold, for each threshold."""
    reached = np.searchsorted(THRESHOLDS, score, side="right")
    per_threshold = np.bincount(reached, amount, minlength=len(THRESHOLDS) + 1).astype(np.float64)
    sums: Floats = np.cumsum(per_threshold[::-1])[::-1][1:]
    return sums


def _not_worse(score: Floats, value: Floats, gain: Floats, best: int) -> tuple[float, float]:
    """Where a paired one-sided test against the best threshold sees no loss; only rows between the two differ."""
    rows = len(score)
    loss = gain[best] - gain
    squares = _sum_from(score, value**2)
    between = np.abs(squares - squares[best]) / rows
    error = np.sqrt(np.maximum(between - loss**2, 0) / rows)
    kept = THRESHOLDS[loss <= ONE_SIDED_Z * error]
    return float(kept[0]), float(kept[-1])
