"""What every policy answers: a score of each arm (the largest is chosen), and the probability that it is chosen."""

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.experiment.arguments import number, refuse

Ties = Literal["random", "first"]
Integers = NDArray[np.int64]
TIE = 1e-12
"""Relative difference below which two scores are equal."""
REWARD_MOST = 1e100


@dataclass(frozen=True, eq=False)
class Policy(ABC):
    """Base of the policies: frozen dataclasses of their parameters, without state.

    All methods take whole arrays, so the same code serves one bandit and hundreds of simulated ones.
    """

    name: ClassVar[str]
    unit_reward: ClassVar[bool] = False
    """Whether the reward of one trial must lie in 0..1."""
    negative_reward: ClassVar[bool] = False
    """Whether a reward may be negative."""
    drawn: ClassVar[bool] = True
    """Whether scores are drawn anew at each choice. Otherwise a whole batch would go to one arm."""

    def first_prior(self) -> tuple[float, float]:
        """What a new arm starts with where nothing else is said, see `Evidence`."""
        return (0.0, 0.0)

    @property
    def forgets(self) -> bool:
        """Whether a period that ends changes what is known; feedback then has to name its period."""
        return False

    @abstractmethod
    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """One number an arm; the arm with the largest is chosen."""

    @abstractmethod
    def propensities(self, evidence: Evidence) -> Floats:
        """Probability of each arm to be chosen; of one bandit, shape (arms,)."""

    @abstractmethod
    def means(self, evidence: Evidence) -> Floats:
        """What is expected of each arm; NaN where nothing is known."""

    def intervals(self, evidence: Evidence, level: float) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Central posterior interval of each arm; NaN for a policy without a posterior."""
        return np.full(evidence.a.shape, np.nan), np.full(evidence.a.shape, np.nan)

    def propagate(self, evidence: Evidence, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:  # noqa: ARG002
        """The prior of the next period, from the evidence of the one that ends and the first prior of each arm."""
        return evidence.a, evidence.b

    def check_reward(self, reward: Any) -> float:
        """The reward of one trial, if this policy can take it.

        Raises:
            ValueError: it is outside of what the policy needs; the message holds the value.
        """
        value = number("reward", reward)
        if self.unit_reward and not 0 <= value <= 1:
            refuse("reward", reward, f"between 0 and 1 for {self.name}")
        if not self.negative_reward and value < 0:
            refuse("reward", reward, f"at least 0 for {self.name}")
        if abs(value) > REWARD_MOST:
            refuse("reward", reward, f"at most {REWARD_MOST:g} in size, as sums are squared")
        return value

    def parameters(self) -> dict[str, Any]:
        """The parameters by name, as JSON can hold them."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def largest(scores: Floats, rng: np.random.Generator, ties: Ties = "random") -> Integers:
    """Index of the largest score along the last axis; equal ones have equal chances."""
    if ties == "first":
        return np.asarray(scores.argmax(axis=-1))
    best = is_largest(scores)
    return np.asarray(np.where(best, rng.random(scores.shape), -1.0).argmax(axis=-1))


def place_of_largest(scores: Floats, rng: np.random.Generator) -> int:
    """The same for the scores of one choice, in a third of the time."""
    top = float(scores.max())
    places = np.flatnonzero(scores >= (top - TIE * abs(top) if math.isfinite(top) else top))
    return int(places[0] if places.size == 1 else places[rng.integers(places.size)])


def is_largest(scores: Floats) -> NDArray[np.bool_]:
    """Whether each score is the largest along the last axis, up to rounding."""
    top = scores.max(axis=-1, keepdims=True)
    slack = np.where(np.isfinite(top), TIE * np.abs(top), 0.0)
    found: NDArray[np.bool_] = scores >= top - slack
    return found


def share_among_largest(scores: Floats) -> Floats:
    """The probability of each arm where one of the largest scores is chosen at random."""
    best = is_largest(scores)
    shares: Floats = best / best.sum(axis=-1, keepdims=True)
    return shares
