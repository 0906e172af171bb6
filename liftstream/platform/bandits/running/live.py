"""A running bandit in memory: its evidence, its choice, its feedback."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from liftstream.bandits import Bandit, freeze_choice
from liftstream.platform.bandits.running.decision_id import Decided, make_decision
from liftstream.platform.bandits.running.definition import Configuration, Definition, Group

State = Literal["draft", "running", "paused", "stopped"]
FIRST_WITHIN: Final = 10
"""Quanta within which a new arm is served for the first time."""
IMPRESSION: Final = "impression"
"""The name under which impressions are summed, beside the outcomes."""

UNIT: Final = "unit"
NO_ARM: Final = -1
"""The arm number of sums of units, which belong to their group whatever arm is served."""
FORGOTTEN: Final = -2
"""The arm number of the sums of arms that are no longer kept one by one."""
UNITS_MOST: Final = 200_000
"""Units that are remembered one by one, to check the size of the groups; more would not tell more."""

SumKey = tuple[int, Group, str]
"""Number of the arm, group, name of the outcome (or `IMPRESSION`)."""


@dataclass
class ArmRow:
    """An arm as its table has it."""

    number: int
    name: str
    configuration: Configuration
    state: Literal["active", "retired", "killed"] = "active"
    origin: str = "expert"
    """`expert`, `random` or `crossover`."""
    parents: tuple[str, ...] = ()
    since: int = 0
    """The quantum in which it joined."""
    quanta: int = 0
    """The number of quanta in which it was served."""


@dataclass(frozen=True)
class Quantum:
    """What the target group is served, from when until when."""

    number: int
    arm: int
    propensity: float
    reason: str
    from_ms: int
    until_ms: int


@dataclass
class LiveBandit:
    """Definition, arms, what was learned, and the current quantum.

    Attributes:
        arms: by number; those that something is learned of. Others were removed long ago, see `settling`.
        next_arm: the number of the next one.
    """

    definition: Definition
    state: State
    learned: Bandit
    arms: dict[int, ArmRow]
    created_ms: int
    next_arm: int
    started_ms: int | None = None
    ended_ms: int | None = None
    quantum: Quantum | None = None
    settled: int = 0
    """The first quantum whose details are still kept, as far as this process knows."""
    sums: Counter[SumKey] = field(default_factory=Counter)

    @property
    def id(self) -> str:
        """The id of the bandit."""
        return self.definition.id

    def arm_named(self, name: str) -> ArmRow | None:
        """The arm of this name."""
        return next((arm for arm in self.arms.values() if arm.name == name), None)

    def quantum_at(self, now_ms: int) -> int:
        """The number of the quantum of a time, from 0 at the start."""
        return (now_ms - (self.started_ms or now_ms)) // self.definition.quantum_ms

    def ends_ms(self, quantum: int) -> int:
        """When a quantum is over."""
        return (self.started_ms or 0) + (quantum + 1) * self.definition.quantum_ms

    def is_due(self, now_ms: int) -> bool:
        """Whether another quantum has begun, or the clock was set back to long before the current one."""
        quantum = self.quantum
        return self.state == "running" and (
            quantum is None
            or now_ms >= quantum.until_ms
            or now_ms < quantum.from_ms - self.definition.quantum_ms
        )

    def draw(self, now_ms: int, rng: np.random.Generator) -> Quantum:
        """Chooses the arm of the quantum at `now_ms`.

        Raises:
            ValueError: no arm is active.
        """
        number = max(self.quantum_at(now_ms), self.quantum.number + 1 if self.quantum else 0)
        self.learned.advance(max(number, self.learned.period))
        waiting = {
            arm.name: max(arm.since + FIRST_WITHIN - 1, number)
            for arm in self.arms.values()
            if arm.state == "active" and arm.quanta == 0
        }
        chosen = freeze_choice(
            self.learned,
            rng,
            least_share=min(self.definition.least_share, 1 / len(self.learned.arms)),
            burn_in_periods=self.definition.burn_in_quanta,
            waiting=waiting,
        )
        arm = self.arm_named(chosen.arm)
        assert arm is not None  # noqa: S101 - every arm that is learned of has its row
        arm.quanta += 1
        until_ms = min(self.ends_ms(number), now_ms + self.definition.quantum_ms)
        from_ms = until_ms - self.definition.quantum_ms
        self.quantum = Quantum(number, arm.number, chosen.propensity, chosen.reason, from_ms, until_ms)
        return self.quantum

    def decision(self, group: Group) -> str:
        """The decision id of a group in the current quantum."""
        assert self.quantum is not None  # noqa: S101 - asked for only while something is served
        decided = Decided(self.id, self.quantum.number, group, self.quantum.arm)
        return make_decision(decided, self.definition.secret)

    def choice_record(self) -> dict[str, Any]:
        """What `topic_choice` says of the current quantum."""
        quantum = self.quantum
        assert quantum is not None  # noqa: S101 - asked for only while something is served
        arm = self.arms[quantum.arm]
        return {
            "bandit": self.id,
            "quantum": quantum.number,
            "arm": arm.name,
            "configuration": arm.configuration,
            "propensity": quantum.propensity,
            "from_ms": quantum.from_ms,
            "until_ms": quantum.until_ms,
            "decision": self.decision("target"),
        }

    def units(self, group: Group) -> int:
        """Units of a group among the first 200,000 of both groups."""
        return int(self.sums[NO_ARM, group, UNIT])

    @property
    def has_room_for_units(self) -> bool:
        """Whether another unit is remembered."""
        return self.units("target") + self.units("reference") < UNITS_MOST

    def total_of_all(self, group: Group, name: str) -> float:
        """A sum over all arms there ever were."""
        return sum(total for key, total in self.sums.items() if key[1:] == (group, name))

    def fold_sums(self, arm: int) -> None:
        """Keeps the sums of an arm under `FORGOTTEN`."""
        for key in [key for key in self.sums if key[0] == arm]:
            self.sums[FORGOTTEN, key[1], key[2]] += self.sums.pop(key)

    def total(self, arm: int, group: Group, name: str) -> float:
        """A sum of one arm in one group."""
        return self.sums[arm, group, name]
