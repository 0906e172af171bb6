"""One arm of a bandit: its sums, and its prior at the start of any period."""

from bisect import bisect_right
from decimal import Decimal
from typing import Final

import numpy as np

from liftstream.bandits.policies.evidence import Evidence
from liftstream.bandits.policies.policy import Policy
from liftstream.bandits.state import NOTHING, ArmState, Sums

REMEMBERED: Final = 64
"""Starts of periods whose prior is kept: late feedback is mostly a few periods late."""
Pair = tuple[float, float]


class Arm:
    """Sums by period where the policy forgets, in one place where it does not."""

    def __init__(self, policy: Policy, state: ArmState) -> None:
        self._policy = policy
        self.state = state
        self._forget_priors()

    @property
    def name(self) -> str:
        return self.state.name

    @property
    def active(self) -> bool:
        return self.state.state == "active"

    @property
    def first_open(self) -> int:
        """The first period that still takes feedback."""
        return self.state.closed[0] if self.state.closed else self.state.since

    @property
    def _closed_prior(self) -> Pair:
        return self.state.closed[1:] if self.state.closed else self.state.prior

    def add(self, period: int, trials: Decimal, reward: Decimal, reference: Decimal) -> None:
        """Takes feedback of a period in, however late or early.

        Raises:
            ValueError: that period is closed, or the arm was not there yet.
        """
        if not self._policy.forgets:
            period = 0
        elif period < self.first_open:
            raise ValueError(
                f"period of arm {self.name!r} must be at least {self.first_open}, got {period}; earlier ones are closed"
            )
        self.state.sums.setdefault(period, Sums()).add(trials, reward, reference)
        keep = max(1, bisect_right(self._periods, period))
        del self._periods[keep:], self._priors[keep:]

    def sums_of(self, period: int) -> Sums:
        """What came in since the prior of this period."""
        return self.state.sums.get(period if self._policy.forgets else 0, NOTHING)

    def total(self) -> Sums:
        """Everything that came in and was not closed."""
        total = Sums()
        for sums in self.state.sums.values():
            total.add(sums.trials, sums.reward, sums.reference)
        return total

    def prior_at(self, period: int) -> Pair:
        """What is known at the start of a period: every earlier one observed and propagated, in order."""
        if not self._policy.forgets:
            return self.state.prior
        place = max(0, bisect_right(self._periods, period) - 1)
        at, prior = self._periods[place], self._priors[place]
        while at < period:
            after = self._propagated(prior, self.sums_of(at))
            at += 1
            if after == prior and not any(p >= at for p in self.state.sums):
                at = period  # an idle arm at its cap: nothing changes any more
            prior = after
            self._remember(at, prior)
        return prior

    def close(self, period: int) -> None:
        """Folds every period up to this one into the prior of the next."""
        if not self._policy.forgets or period < self.first_open:
            return
        self.state.closed = (period + 1, *self.prior_at(period + 1))
        for old in [p for p in self.state.sums if p <= period]:
            del self.state.sums[old]
        self._forget_priors()

    def _forget_priors(self) -> None:
        self._periods, self._priors = [self.first_open], [self._closed_prior]

    def _remember(self, period: int, prior: Pair) -> None:
        self._periods.append(period)
        self._priors.append(prior)
        if len(self._periods) > 2 * REMEMBERED:  # the first one, and the newest
            del self._periods[1:-REMEMBERED], self._priors[1:-REMEMBERED]

    def _propagated(self, prior: Pair, sums: Sums) -> Pair:
        evidence = Evidence.start(prior, (1,))
        evidence.trials += float(sums.trials)
        evidence.reward += float(sums.reward)
        evidence.reference += float(sums.reference)
        first = (np.array([self.state.prior[0]]), np.array([self.state.prior[1]]))
        a, b = self._policy.propagate(evidence, first)
        return float(a[0]), float(b[0])
