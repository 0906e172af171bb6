"""Policies in simulated environments, hundreds of runs side by side: regret, share of the best arm, traffic."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from liftstream.bandits.environments.environment import Environment, Feedback
from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.policy import Integers, Policy, largest
from liftstream.experiment.arguments import refuse, whole
from liftstream.experiment.record import Record

POINTS = 200
"""Points of a curve."""


@dataclass(frozen=True, repr=False)
class RegretCurve(Record):
    """What a policy did in an environment, step by step; means over the runs."""

    policy: str
    parameters: dict[str, Any]
    environment: str
    runs: int
    steps: tuple[int, ...]
    """How many steps were done at each point."""
    regret: tuple[float, ...]
    se: tuple[float, ...]
    """Standard error of the regret's mean."""
    share_of_best: tuple[float, ...]
    """The share of the best arm among all choices so far."""
    total_reward: float
    worst_regret: float
    """The regret of the worst run, at the end."""
    arms: tuple[str, ...]
    traffic: tuple[tuple[float, ...], ...]
    """Share of each arm since the point before; of the first run, if each run has its own arms."""

    def at(self, step: int) -> tuple[float, float]:
        """Regret and its standard error after the first point at or after `step`."""
        place = next((i for i, s in enumerate(self.steps) if s >= step), len(self.steps) - 1)
        return self.regret[place], self.se[place]


def simulate(
    policy: Policy,
    environment: Environment,
    *,
    runs: int = 400,
    seed: int = 1,
    points: int = POINTS,
    progress: Callable[[int], None] | None = None,
) -> RegretCurve:
    """Plays the policy in the environment.

    Args:
        runs: independent repetitions; the standard error falls with their root.
        points: where the curves are taken, evenly.
        progress: called with the steps done, at each point.

    Raises:
        ValueError: the environment has no reference group and the policy needs one.
    """
    whole("points", points, 1)
    # so that one seed gives every policy the same drift
    draws, outcomes = np.random.default_rng(seed).spawn(2)
    environment.begin(whole("runs", runs, 1), outcomes)
    play = _Play(policy, environment, runs, draws, outcomes)
    checkpoints = sorted({-(-environment.steps * k // points) for k in range(1, points + 1)})
    marks: list[tuple[Floats, Floats, Floats]] = []
    for step in range(environment.steps):
        play.step(step)
        if step + 1 == checkpoints[len(marks)]:
            marks.append(play.mark())
            if progress:
                progress(step + 1)
    return play.result(checkpoints, marks)


class _Play:
    """The evidence of all runs, and what is under way."""

    def __init__(
        self,
        policy: Policy,
        environment: Environment,
        runs: int,
        draws: np.random.Generator,
        outcomes: np.random.Generator,
    ) -> None:
        self.policy, self.environment, self.runs = policy, environment, runs
        self.draws, self.outcomes = draws, outcomes
        shape = (runs, len(environment.arms))
        self.evidence = Evidence.start(policy.first_prior(), shape)
        self.first = (self.evidence.a.copy(), self.evidence.b.copy())
        self.under_way: deque[Feedback] = deque()
        self.regret, self.reward, self.best = np.zeros(runs), np.zeros(runs), np.zeros(runs)
        self.traffic = np.zeros(shape)

    def step(self, step: int) -> None:
        """Chooses, asks the environment, learns what has become known."""
        self._renew(self.environment.renewed(step))
        chosen = self._choose(self.environment.active(step))
        feedback = self.environment.answer(step, chosen, self.outcomes)
        self.regret += feedback.regret
        self.best += feedback.best
        self.reward += feedback.reward.sum(axis=1)
        self.traffic += feedback.trials
        self.under_way.append(feedback)
        if len(self.under_way) > self.environment.delay:
            self._learn(self.under_way.popleft())
        if self.policy.forgets and (step + 1) % self.environment.steps_per_period == 0:
            self._propagate()

    def _renew(self, places: Integers | None) -> None:
        """Forgets what is known of arms that are others now."""
        if places is None or not places.size:
            return
        fresh = Evidence.start(self.policy.first_prior(), (1, len(places)))
        for field in fields(Evidence):
            getattr(self.evidence, field.name)[:, places] = getattr(fresh, field.name)

    def _choose(self, active: Integers | None) -> Integers:
        batch = self.environment.batch
        if not self.policy.drawn and batch > 1:
            return np.stack([self._choose_one(active) for _ in range(batch)], axis=1)
        if batch == 1:
            return self._choose_one(active)[:, None]
        return self._largest(self.evidence.repeated(batch), active)

    def _choose_one(self, active: Integers | None) -> Integers:
        chosen = self._largest(self.evidence, active)
        self.evidence.pulls[np.arange(self.runs), chosen] += 1
        return chosen

    def _largest(self, evidence: Evidence, active: Integers | None) -> Integers:
        if active is None:
            return largest(self.policy.scores(evidence, self.draws), self.draws, self.environment.ties)
        scores = self.policy.scores(evidence.at((..., active)), self.draws)
        return active[largest(scores, self.draws, self.environment.ties)]

    def _learn(self, feedback: Feedback) -> None:
        self.evidence.trials += feedback.trials
        self.evidence.reward += feedback.reward
        if feedback.reference is not None:
            self.evidence.reference += feedback.reference
        elif self.policy.name == "reference-thompson":
            refuse(
                "policy", self.policy.name, f"one that needs no reference group, for {self.environment.name}"
            )

    def _propagate(self) -> None:
        a, b = self.policy.propagate(self.evidence, self.first)
        pulls = self.evidence.pulls
        self.evidence = Evidence.start((0, 0), a.shape)
        self.evidence.a, self.evidence.b, self.evidence.pulls = a, b, pulls

    def mark(self) -> tuple[Floats, Floats, Floats]:
        """Regret and share of the best until now, traffic since the last mark."""
        traffic = self.traffic if self.environment.alike else self.traffic[:1]
        shares = traffic.sum(axis=0) / traffic.sum()
        self.traffic[:] = 0
        return self.regret.copy(), self.best.copy(), shares

    def result(self, checkpoints: list[int], marks: list[tuple[Floats, Floats, Floats]]) -> RegretCurve:
        """The means over the runs."""
        regret = np.stack([mark[0] for mark in marks])
        spread = regret.std(axis=1, ddof=1) / np.sqrt(self.runs) if self.runs > 1 else np.zeros(len(marks))
        best = np.stack([mark[1] for mark in marks]).mean(axis=1) / np.asarray(checkpoints)
        return RegretCurve(
            self.policy.name,
            self.policy.parameters(),
            self.environment.name,
            self.runs,
            tuple(checkpoints),
            tuple(regret.mean(axis=1).tolist()),
            tuple(spread.tolist()),
            tuple(best.tolist()),
            float(self.reward.mean()),
            float(self.regret.max()),
            self.environment.arms,
            tuple(tuple(mark[2].tolist()) for mark in marks),
        )
