"""A choice that holds for a quantum: drawn once, with the propensities it was drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from liftstream.bandits.bandit import Bandit
from liftstream.experiment.arguments import refuse, whole, within
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class FrozenChoice(Record):
    """What is served during a quantum."""

    period: int
    arm: str
    propensity: float
    propensities: dict[str, float]
    """The probability of every active arm; they sum to 1."""
    reason: str
    """`policy`, `burn-in` (all arms alike), or `first turn` (an arm that has waited long enough)."""


def freeze_choice(
    bandit: Bandit,
    rng: np.random.Generator,
    *,
    least_share: float = 0.0,
    burn_in_periods: int = 0,
    waiting: Mapping[str, int] | None = None,
) -> FrozenChoice:
    """The arm of the bandit's current period.

    Args:
        least_share: every active arm has at least this probability; times the number of arms at most 1.
        burn_in_periods: during the first periods all arms are alike.
        waiting: of arms that were never served, the last period in which each has to be. Given room, one of them is
            served by chance before; without, it is served now.

    Raises:
        ValueError: the shares do not fit into 1, or no arm is active.
    """
    due = _due(bandit, waiting or {})
    if due:
        shares, reason = {arm: float(arm in due) / len(due) for arm in bandit.arms}, "first turn"
    elif bandit.period < whole("burn_in_periods", burn_in_periods, 0) and bandit.arms:
        shares, reason = dict.fromkeys(bandit.arms, 1 / len(bandit.arms)), "burn-in"
    else:
        shares, reason = mix_least_share(bandit.propensities(), least_share), "policy"
    names, chances = list(shares), np.array(list(shares.values()))
    arm = names[int(rng.choice(len(names), p=chances / chances.sum()))]
    return FrozenChoice(bandit.period, arm, shares[arm], shares, reason)


def mix_least_share(propensities: Mapping[str, float], least_share: float) -> dict[str, float]:
    """Propensities of which none is below `least_share`: least_share + (1 - K least_share) p."""
    arms = len(propensities)
    if arms * within("least_share", least_share, 0, 1) > 1:
        refuse("least_share", least_share, f"at most 1/{arms} with {arms} arms")
    return {arm: least_share + (1 - arms * least_share) * p for arm, p in propensities.items()}


def _due(bandit: Bandit, waiting: Mapping[str, int]) -> list[str]:
    """The arms that must be served now, or some last period could not be kept (earliest deadline first)."""
    last = sorted((deadline, arm) for arm, deadline in waiting.items() if arm in bandit.arms)
    for number, (deadline, _) in enumerate(last, start=1):
        if deadline - bandit.period < number:
            earliest = last[0][0]
            return [arm for at, arm in last if at == earliest]
    return []
