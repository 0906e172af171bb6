"""UCB1 of Auer, Cesa-Bianchi and Fischer (2002): the mean plus an upper confidence term."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.policy import Policy, share_among_largest
from liftstream.experiment.arguments import one_of, positive

COURSE_CONSTANT = 1.5
"""A course made this constant known; its program counts the round that is being played, ln(n + 1)."""


def ucb1_index(means: Any, pulls: Any, constant: float = 2.0, log_offset: int = 0) -> Floats:
    """mean + sqrt(constant ln(n + log_offset) / n_j), n = all pulls; infinite for an arm that was never pulled.

    Args:
        means: of the rewards of each arm, in 0..1; any number where it was never pulled.
        pulls: n_j, of each arm.
    """
    pulls = np.asarray(pulls, float)
    n = np.maximum(pulls.sum(axis=-1, keepdims=True) + log_offset, 1.0)
    hoped = np.sqrt(constant * np.log(n) / np.maximum(pulls, 1.0))
    return np.where(pulls > 0, np.asarray(means, float) + hoped, np.inf)


@dataclass(frozen=True)
class Ucb1(Policy):
    """The arm with the largest index; those never pulled first, in random order. Pulls under way count in n_j."""

    name: ClassVar[str] = "ucb1"
    unit_reward: ClassVar[bool] = True
    drawn: ClassVar[bool] = False
    constant: float = 2.0
    log_offset: int | None = None
    """Added to n under the logarithm; by default 0, and 1 with the constant 1.5, whose program is compared with."""

    def __post_init__(self) -> None:
        positive("constant", self.constant)
        if self.log_offset is not None:
            one_of("log_offset", str(self.log_offset), ("0", "1"))

    def means(self, evidence: Evidence) -> Floats:
        return evidence.mean_reward

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        return self._index(evidence)

    def propensities(self, evidence: Evidence) -> Floats:
        return share_among_largest(self._index(evidence))

    def _index(self, evidence: Evidence) -> Floats:
        offset = self.log_offset
        if offset is None:
            offset = 1 if self.constant == COURSE_CONSTANT else 0
        # A mean that is under way counts as nothing yet: what may be hoped for is large enough.
        means = np.nan_to_num(self.means(evidence), nan=0.0)
        return ucb1_index(means, evidence.a + evidence.b + evidence.chosen, self.constant, offset)
