"""What a bandit knows of an arm."""

from dataclasses import dataclass

from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class ArmEstimate(Record):
    """What is known of one arm, from its prior and its feedback."""

    arm: str
    state: str
    pulls: int
    trials: float
    reward: float
    reference: float
    mean: float
    """Expected reward of a trial; with a reference group the expected ratio to it."""
    ci_low: float
    ci_high: float
    probability: float
    """Probability of being chosen now; 0 if retired. Under Thompson sampling it is the probability of being the best.
    """
