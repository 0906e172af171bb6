"""A running experiment as the collector holds it: its plan, its sums per arm, its ledger."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

from liftstream.contracts.messages import ClientId
from liftstream.experiment import Ledger, Moments, Plan, draw_arm, in_namespace


@dataclass(slots=True)
class ArmSums:
    """Sums over the clients of an arm; `paid` holds count, mean and squares of those whose money is known.

    `cubes` is the sum of the cubes of their money, for its skewness.
    """

    clients: int = 0
    sessions: int = 0
    answered: int = 0
    unanswered: int = 0
    shown: int = 0
    paid: Moments = field(default_factory=Moments)
    cubes: float = 0.0

    @classmethod
    def of_row(cls, row: Any) -> "ArmSums":
        """The sums in a row of the table `arm`."""
        plain = {name: getattr(row, name) for name in PLAIN_SUMS}
        return cls(**plain, paid=Moments(row.paid, row.mean, row.m2))

    def columns(self) -> dict[str, float]:
        """The sums as columns of the table `arm`."""
        plain = {name: getattr(self, name) for name in PLAIN_SUMS}
        return plain | {"paid": self.paid.n, "mean": self.paid.mean, "m2": self.paid.m2}


PLAIN_SUMS: Final = tuple(sum_.name for sum_ in fields(ArmSums) if sum_.name != "paid")
"""Names of the sums that are one column each. A new sum is a field above and a column of the table."""


@dataclass(slots=True)
class Live:
    """One experiment between its start and the last decision of its last session."""

    id: str
    plan: Plan
    aa: bool
    exclusive: str
    low: float
    high: float
    started_ms: int | None
    arms: dict[str, ArmSums]
    ledger: Ledger
    closed_ms: int | None = None
    ended_ms: int | None = None
    guards: dict[str, dict[str, Moments]] = field(default_factory=dict)
    """Moments of the clients that the decision counts, by guard and arm."""

    @property
    def clients(self) -> int:
        """Clients drawn into any arm."""
        return sum(arm.clients for arm in self.arms.values())

    @property
    def paid(self) -> int:
        """Clients whose money is known."""
        return sum(arm.paid.n for arm in self.arms.values())

    @property
    def counts_outcomes(self) -> bool:
        """Whether a client's number is what they did, and not their money."""
        return self.plan.kind != "money" and self.plan.source != "revenue"

    @property
    def revenue_guards(self) -> list[int]:
        """Numbers of the guards that watch over money."""
        return [i for i, guard in enumerate(self.plan.guards) if guard.source == "revenue"]

    def guards_of_outcome(self, name: str) -> list[int]:
        """Numbers of the guards that watch over an outcome."""
        return [i for i, guard in enumerate(self.plan.guards) if guard.outcome == name]

    @property
    def measures_revenue(self) -> bool:
        """Whether money changes a number of this experiment."""
        return not self.counts_outcomes or bool(self.revenue_guards)

    def measures_outcome(self, name: str) -> bool:
        """Whether an outcome of this name changes a number of this experiment."""
        return (self.counts_outcomes and name == self.plan.outcome) or bool(self.guards_of_outcome(name))

    @property
    def outcomes_may_come(self) -> bool:
        """Whether something may come after a client's money is known."""
        return self.counts_outcomes or any(guard.source == "outcome" for guard in self.plan.guards)

    @property
    def moments(self) -> dict[str, Moments]:
        """The moments by arm, in the plan's order."""
        return {name: self.arms[name].paid for name in self.plan.arms}

    @property
    def enrolls(self) -> bool:
        """Whether new clients are taken."""
        return self.ended_ms is None and self.closed_ms is None

    def draw(self, uuid: ClientId) -> str | None:
        """The arm of a client, which never changes; None for a client who takes no part."""
        namespace = f"exclusive {self.exclusive}" if self.exclusive else self.plan.salt
        everybody = self.low <= 0 and self.high >= 1
        if not everybody and not in_namespace(uuid, namespace, self.low, self.high):
            return None
        return draw_arm(uuid, self.plan.salt, self.plan.shares)
