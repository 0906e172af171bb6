"""A bandit as it was created; only its arms change afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from liftstream.experiment.assignment.assignment import position

Group = Literal["target", "reference"]
Configuration = Mapping[str, Any]
ARMS_MOST: Final = 200
"""Arms that are active at a time."""
REFERENCE_ARM = "reference"
"""What `choice` calls the arm of the reference group."""


@dataclass(frozen=True)
class Definition:
    """The parts of a bandit that never change.

    Attributes:
        policy, parameters: as `liftstream.bandits.make_policy` takes them.
        quantum_ms: how long one arm is served to the target group.
        objective: name of the outcome that the bandit learns from.
        guards: outcomes that must not get worse.
        attribution_ms: how long after the end of its quantum feedback still counts.
        least_share: smallest probability of each arm.
        burn_in_quanta: quanta at the beginning in which all arms are alike.
        reference_share: part of the units that is always served `reference_configuration`; 0 for none.
        salt: of the groups.
        secret: signs decision ids.
        generator: how new arms are made by themselves, see `generator`; None: only by hand.
    """

    id: str
    name: str
    policy: str
    parameters: Mapping[str, Any]
    quantum_ms: int
    objective: str
    guards: tuple[str, ...]
    attribution_ms: int
    least_share: float
    burn_in_quanta: int
    reference_share: float
    reference_configuration: Configuration
    salt: str
    secret: bytes
    generator: Mapping[str, Any] | None = None

    def group_of(self, unit: str) -> Group:
        """The group of a unit: a salted hash, so it never changes, in any process."""
        return "reference" if position(unit, self.salt) < self.reference_share else "target"

    @property
    def target_per_reference(self) -> float:
        """Units of the target group for each of the reference group; NaN without one."""
        share = self.reference_share
        return (1 - share) / share if share else float("nan")

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes that are counted, the objective first."""
        return (self.objective, *self.guards)
