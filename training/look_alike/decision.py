"""How often to show advertising: frequencies as arms, epsilon-greedy by minutes watched less the penalty of being
unlike those who stay.

Every frequency is played for every viewer in the simulated cinema, so that each way to decide is judged on the same
sessions, beside the best frequency there was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from liftstream.bandits import Bandit, EpsilonGreedy, reward_with_penalty, score_parts
from liftstream.bandits.penalty import ScoreParts
from liftstream.contracts.features import FEATURES
from liftstream.evaluation.classification import Estimate
from liftstream.simulation.cinema.audience import FREQUENCIES, draw_viewers, play_sessions
from training.look_alike.selection import Floats, Integers

SESSIONS: Final = 20_000
EPSILON: Final = 0.1
REWARD_WEIGHT, PENALTY_WEIGHT = 0.86, 0.14
GROUPS: Final = ("least alike", "between", "most alike")
"""Thirds of the viewers by v before the session; each has its own bandit."""
LONG: Final = 0.99
"""Quantile of the minutes that counts as 1: one very long evening must not set the scale."""

Score = Callable[[Mapping[str, Floats]], Floats]
"""v of viewers, by the exported model: features by name in, [0, 1] out."""


class Played(NamedTuple):
    """What bandits chose, session by session: the place in `FREQUENCIES`, its probability then, and its score."""

    frequency: Integers
    propensity: Floats
    score: Floats


class GroupResult(NamedTuple):
    """A group of viewers: what its bandit chose, and what each frequency would have scored."""

    group: str
    viewers: int
    v: float
    best: int
    chosen: int
    share_of_chosen: float
    scores: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class FrequencyComparison:
    """The result; scores are means over sessions.

    Attributes:
        fixed: score of each frequency shown to everybody, in the order of `FREQUENCIES`.
        one_bandit: a single bandit for all viewers.
        by_group: a bandit for each third of v.
        learned_gain: on new sessions, what each group's bandit ended with less the frequency that was the best for
            everybody; paired.
        parts: share of the variation of the score that minutes and penalty have, over what the bandits chose.
        groups: group by group.
    """

    fixed: tuple[float, ...]
    one_bandit: Estimate
    by_group: Estimate
    learned_gain: Estimate
    parts: ScoreParts
    groups: list[GroupResult]
    sessions: int
    played: Played


class Night(NamedTuple):
    """Sessions with the result of each frequency: v before, minutes in 0..1, v after, the score of both."""

    before: Floats
    time: Floats
    after: Floats
    value: Floats


def decide_frequency(score: Score, seed: int, sessions: int = SESSIONS) -> FrequencyComparison:
    """Plays `sessions` viewers of the simulated cinema, one session each, and judges what was learned on as many others.

    Args:
        score: the model.
        seed: of viewers, sessions and choices.
        sessions: how many.
    """
    learn, judge, choose = np.random.default_rng(seed).spawn(3)
    night, longest = _play(score, learn, sessions, None)
    cuts = np.quantile(night.before, [1 / 3, 2 / 3])
    group = np.searchsorted(cuts, night.before, side="left")
    one = play_bandits(night.value, np.zeros(sessions, dtype=np.int64), choose)
    each = play_bandits(night.value, group, choose)
    groups = [_group(name, number, group, night, each) for number, name in enumerate(GROUPS)]
    fixed = night.value.mean(axis=0)
    row = np.arange(sessions)
    reward, likeness = night.time[row, each.frequency], night.after[row, each.frequency]
    new, _ = _play(score, judge, sessions, longest)
    learned = np.array([FREQUENCIES.index(one.chosen) for one in groups])
    by_v = new.value[row, learned[np.searchsorted(cuts, new.before, side="left")]]
    return FrequencyComparison(
        fixed=tuple(fixed.tolist()),
        one_bandit=Estimate.of_mean(one.score),
        by_group=Estimate.of_mean(each.score),
        learned_gain=Estimate.of_mean(by_v - new.value[:, int(fixed.argmax())]),
        parts=score_parts(reward, likeness, REWARD_WEIGHT, PENALTY_WEIGHT),
        groups=groups,
        sessions=sessions,
        played=each,
    )


def _play(
    score: Score, rng: np.random.Generator, sessions: int, longest: float | None
) -> tuple[Night, float]:
    """Plays sessions of new viewers; the minutes that count as 1 are given, or chosen here."""
    viewers = draw_viewers(rng, sessions)
    outcome = play_sessions(rng, viewers)
    before = score(columns_of(viewers.features))
    after = np.stack([score(columns_of(outcome.features[:, arm])) for arm in range(len(FREQUENCIES))], axis=1)
    scale = longest or float(np.quantile(outcome.minutes, LONG))
    time = np.minimum(outcome.minutes / scale, 1.0)
    value = reward_with_penalty(time, after, REWARD_WEIGHT, PENALTY_WEIGHT)
    return Night(before, time, after, value), scale


def columns_of(features: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> dict[str, Floats]:
    """float64 by feature name."""
    return {name: features[:, column].astype(np.float64) for column, name in enumerate(FEATURES)}


def play_bandits(value: Floats, group: Integers, rng: np.random.Generator) -> Played:
    """One epsilon-greedy bandit a group, over the sessions in their order; Q of an arm is the mean of its scores.

    Args:
        value: score of each session at each frequency.
        group: of each session.
        rng: of the choices.
    """
    names = [str(frequency) for frequency in FREQUENCIES]
    bandits = [Bandit(EpsilonGreedy(epsilon=EPSILON), names) for _ in range(int(group.max()) + 1)]
    frequency = np.empty(len(value), dtype=np.int64)
    propensity = np.empty(len(value))
    for session, number in enumerate(group.tolist()):
        bandit = bandits[number]
        shares = bandit.propensities()
        name = bandit.choose(rng)
        arm = names.index(name)
        frequency[session], propensity[session] = arm, shares[name]
        bandit.take_pulls(name)
        bandit.take_reward(name, float(value[session, arm]))
    return Played(frequency, propensity, value[np.arange(len(value)), frequency])


def _group(name: str, number: int, group: Integers, night: Night, played: Played) -> GroupResult:
    """The frequency that a group's bandit chose most in the second half of the sessions, when the means are known."""
    mine = group == number
    counts = np.bincount(played.frequency[mine][mine.sum() // 2 :], minlength=len(FREQUENCIES))
    means = night.value[mine].mean(axis=0)
    return GroupResult(
        group=name,
        viewers=int(mine.sum()),
        v=float(night.before[mine].mean()),
        best=FREQUENCIES[int(means.argmax())],
        chosen=FREQUENCIES[int(counts.argmax())],
        share_of_chosen=float(counts.max() / counts.sum()),
        scores=tuple(means.tolist()),
    )
