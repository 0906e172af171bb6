"""Evidence about arms as arrays: the only input of every policy."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Evidence:
    """Sums per arm since the prior; every array has the shape (..., arms), the leading axes are runs or slots.

    Feedback that is under way makes `reward` run ahead of `trials` or behind `pulls`: policies bear both.
    """

    a: Floats
    """First number of the prior: successes of a beta, pseudo-successes (shape) of a gamma."""
    b: Floats
    """Second number of the prior: failures of a beta, pseudo-trials (rate) of a gamma."""
    pulls: Floats
    """How often the arm was chosen, answered or not."""
    trials: Floats
    """How often it was seen."""
    reward: Floats
    """What it brought; with a reference group the objective in the target group."""
    reference: Floats
    """The objective in the reference group while this arm was served to the target group."""

    @classmethod
    def start(cls, prior: tuple[float, float], shape: tuple[int, ...]) -> "Evidence":
        """Nothing seen yet, the same prior for all."""
        zeros = [np.zeros(shape) for _ in range(4)]
        return cls(np.full(shape, float(prior[0])), np.full(shape, float(prior[1])), *zeros)

    def at(self, where: Any) -> "Evidence":
        """The part that an index selects, e.g. `(..., active)`."""
        return Evidence(*(getattr(self, field.name)[where] for field in fields(self)))

    def repeated(self, times: int) -> "Evidence":
        """The same evidence `times` times on a new axis before the arms; nothing is copied."""
        shape = (*self.a.shape[:-1], times, self.a.shape[-1])
        return Evidence(
            *(np.broadcast_to(getattr(self, field.name)[..., None, :], shape) for field in fields(self))
        )

    @property
    def chosen(self) -> Floats:
        """Pulls including pending ones; the trials if pulls were not counted."""
        return np.maximum(self.pulls, self.trials)

    @property
    def mean_reward(self) -> Floats:
        """Reward per trial, the prior counted in; NaN where nothing is known."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((self.a + self.reward) / (self.a + self.b + self.trials))

    @property
    def failures(self) -> Floats:
        """Trials without reward; a reward that comes before its trial makes no negative failure."""
        return np.maximum(self.trials - self.reward, 0.0)
