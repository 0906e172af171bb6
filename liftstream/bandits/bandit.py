"""A bandit: chooses among named arms by a policy, and learns from feedback that may be late, out of order and in any
grouping."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from liftstream.bandits.arm import Arm
from liftstream.bandits.arm_estimate import ArmEstimate
from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.named import make_policy
from liftstream.bandits.policies.policy import Policy, place_of_largest
from liftstream.bandits.state import VERSION, ArmState, BanditState, exact, read_state, write_state
from liftstream.experiment.arguments import fraction, not_negative, positive, refuse, whole


class Slot(NamedTuple):
    """An arm in a place of a list."""

    arm: str
    propensity: float
    """Probability of this arm in this place, given those above it."""


class Bandit:
    """Arms, their sums, and a policy.

    Args:
        policy: from `liftstream.bandits`, e.g. `Thompson()`.
        arms: names; more can join later.
        period: the first period. Only policies that forget look at periods.
    """

    def __init__(self, policy: Policy, arms: Iterable[str] = (), *, period: int = 0) -> None:
        self.policy = policy
        self.period = whole("period", period, 0)
        self._arms: dict[str, Arm] = {}
        self._names: list[str] = []
        self._rows: dict[str, int] = {}
        self._arrays: Evidence | None = None
        self._stale: set[str] = set()
        self._shares: dict[str, float] | None = None
        for name in arms:
            self.add_arm(name)

    # Arms

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the active arms, in the order in which they joined."""
        return tuple(self._rows)

    def add_arm(self, name: str, prior: tuple[float, float] | None = None) -> None:
        """A new arm from this period on; it is tried because its prior or its lack of pulls says so.

        Args:
            prior: two numbers as the policy reads them, see `Evidence`; by default the policy's.

        Raises:
            ValueError: there is or was an arm of this name, or the prior is not of two numbers above 0.
        """
        if not isinstance(name, str) or not name or name in self._arms:
            refuse("arm", name, "a name that is not in use")
        pair = self.policy.first_prior()
        if prior is not None:
            pair = (positive("prior", prior[0]), positive("prior", prior[1]))
        state = ArmState(name, (float(pair[0]), float(pair[1])), since=self.period, sums={})
        self._arms[name] = Arm(self.policy, state)
        self._forget_arrays()

    def retire_arm(self, name: str) -> None:
        """Retires an arm: it is not chosen any more; its late feedback still counts."""
        self._arm(name).state.state = "retired"
        self._forget_arrays()

    def forget_arm(self, name: str) -> None:
        """Lets go of a retired arm and of everything that is known of it; its name could be used again.

        Raises:
            ValueError: it is active, or unknown.
        """
        if self._arm(name).active:
            refuse("arm", name, "retired before it is forgotten")
        del self._arms[name]
        self._stale.discard(name)

    # Choosing

    def choose(self, rng: np.random.Generator) -> str:
        """The arm to serve now."""
        return self._names[place_of_largest(self.policy.scores(self._active(), rng), rng)]

    def choose_list(self, rng: np.random.Generator, slots: int) -> tuple[Slot, ...]:
        """Different arms for the places of a list; every place explores, among the arms that are left."""
        left = list(range(len(self._names)))
        found = []
        for _ in range(min(whole("slots", slots, 1), len(left))):
            evidence = self._active().at((..., left))
            place = place_of_largest(self.policy.scores(evidence, rng), rng)
            found.append(Slot(self._names[left[place]], float(self.policy.propensities(evidence)[place])))
            del left[place]
        return tuple(found)

    def propensities(self) -> dict[str, float]:
        """Probability of each active arm to be chosen now; computed once until something changes."""
        if self._shares is None:
            shares = self.policy.propensities(self._active())
            self._shares = dict(zip(self._names, shares.tolist(), strict=True))
        return dict(self._shares)

    # Learning

    def take_pulls(self, name: str, count: int = 1) -> None:
        """Says that the arm was served; needed only where feedback comes late, so that UCB1 knows of what is
        under way."""
        arm = self._arm(name)
        arm.state.pulls += whole("count", count, 0)
        self._refresh(arm)

    def take_reward(self, name: str, reward: float, period: int | None = None) -> None:
        """One trial and its reward.

        Args:
            period: in which it was served; by default the current one.

        Raises:
            ValueError: unknown arm, closed period, or a reward outside of what the policy can take.
        """
        self._take(name, 1, self.policy.check_reward(reward), 0, period)

    def take_counts(
        self,
        name: str,
        *,
        trials: float = 0,
        reward: float = 0,
        reference: float = 0,
        period: int | None = None,
    ) -> None:
        """Sums of any number of trials, in whatever grouping: rewards may come apart from their trials.

        Args:
            trials: how often the arm was seen.
            reward: sum of rewards; with a reference group, of the target group.
            reference: what the reference group brought while this arm was served.
            period: in which it was served, not in which the reward came; by default the current one.
        """
        not_negative("trials", trials)
        not_negative("reference", reference)
        if not self.policy.negative_reward:
            not_negative("reward", reward)
        self._take(name, trials, reward, reference, period)

    def advance(self, period: int) -> None:
        """Time goes on; a policy that forgets propagates every period that has ended."""
        if whole("period", period, 0) < self.period:
            refuse("period", period, f"at least the current one, {self.period}")
        if period > self.period:
            self.period = period
            if self.policy.forgets:
                self._forget_arrays()

    def close(self, period: int) -> None:
        """Lets go of the sums of each period up to this one: nothing of them is taken in any more."""
        if whole("period", period, 0) >= self.period:
            refuse("period", period, f"before the current one, {self.period}")
        for arm in self._arms.values():
            arm.close(period)

    def knows(self, name: str) -> bool:
        """Whether there is an arm of this name, active or retired."""
        return name in self._arms

    def takes(self, name: str, period: int) -> bool:
        """Whether feedback of an arm and a period is taken in: the arm is known and the period not closed."""
        arm = self._arms.get(name)
        return arm is not None and (not self.policy.forgets or period >= arm.first_open)

    # Looking

    def estimates(self, level: float = 0.9) -> tuple[ArmEstimate, ...]:
        """What is known of every arm, the retired ones included.

        Args:
            level: of the central posterior interval.
        """
        everyone = list(self._arms.values())
        evidence = self._evidence(everyone)
        means = self.policy.means(evidence)
        low, high = self.policy.intervals(evidence, fraction("level", level))
        shares = self.propensities() if self._names else {}
        return tuple(
            self._estimate(arm, float(means[i]), float(low[i]), float(high[i]), shares.get(arm.name, 0.0))
            for i, arm in enumerate(everyone)
        )

    # State

    def state(self) -> BanditState:
        """The record of everything; a copy."""
        arms = [arm.state.copy() for arm in self._arms.values()]
        return BanditState(VERSION, self.policy.name, self.policy.parameters(), self.period, arms)

    def to_json(self) -> str:
        """The state as readable JSON; equal feedback gives equal bytes, in whatever order it came."""
        return write_state(self.state())

    @classmethod
    def from_state(cls, state: BanditState) -> "Bandit":
        """The bandit of a state."""
        bandit = cls(make_policy(state.policy, state.parameters), period=state.period)
        bandit._arms = {arm.name: Arm(bandit.policy, arm.copy()) for arm in state.arms}
        bandit._forget_arrays()
        return bandit

    @classmethod
    def from_json(cls, text: str | bytes) -> "Bandit":
        """The bandit that `to_json` wrote.

        Raises:
            InputError: the text is not a bandit's state.
            ValueError: its policy is unknown.
        """
        return cls.from_state(read_state(text))

    def __repr__(self) -> str:
        return f"Bandit({self.policy!r}, arms={list(self.arms)}, period={self.period})"

    # Arrays: made when they are needed, one row written when one arm learns

    def _forget_arrays(self) -> None:
        self._names = [arm.name for arm in self._arms.values() if arm.active]
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._arrays, self._shares = None, None
        self._stale.clear()

    def _active(self) -> Evidence:
        if self._arrays is None:
            if not self._names:
                raise ValueError("no active arm to choose from; add one with add_arm")
            self._arrays = self._evidence([self._arms[name] for name in self._names])
        for name in self._stale:
            e, row = self._arrays, self._rows[name]
            e.a[row], e.b[row], e.pulls[row], e.trials[row], e.reward[row], e.reference[row] = self._row(
                self._arms[name]
            )
        self._stale.clear()
        return self._arrays

    def _evidence(self, arms: Sequence[Arm]) -> Evidence:
        rows = np.array([self._row(arm) for arm in arms], float).reshape(len(arms), 6)
        columns: list[Floats] = [np.ascontiguousarray(column) for column in rows.T]
        return Evidence(*columns)

    def _row(self, arm: Arm) -> tuple[float, ...]:
        sums = arm.sums_of(self.period)
        return (
            *arm.prior_at(self.period),
            float(arm.state.pulls),
            float(sums.trials),
            float(sums.reward),
            float(sums.reference),
        )

    def _refresh(self, arm: Arm) -> None:
        self._shares = None
        if arm.active:
            self._stale.add(arm.name)

    def _take(self, name: str, trials: Any, reward: Any, reference: Any, period: int | None) -> None:
        arm = self._arm(name)
        sums = (exact("trials", trials), exact("reward", reward), exact("reference", reference))
        arm.add(self.period if period is None else whole("period", period, 0), *sums)
        self._refresh(arm)

    def _arm(self, name: str) -> Arm:
        if name not in self._arms:
            refuse("arm", name, "one of " + (", ".join(self._arms) or "none yet, add one with add_arm"))
        return self._arms[name]

    def _estimate(self, arm: Arm, mean: float, low: float, high: float, share: float) -> ArmEstimate:
        total = arm.total()
        sums = (float(total.trials), float(total.reward), float(total.reference))
        return ArmEstimate(arm.name, arm.state.state, arm.state.pulls, *sums, mean, low, high, share)
