"""Viewers of the simulated cinema: who stays with it, what advertising does to them, and for how long they watch it.

Viewers are described by the pipeline's own features, so that a model trained on them can be served: `age`, `man`,
`woman`; `cat*` are kinds of films that they have watched; of `u*` the first six are habits: skips advertising, has left
during it, came back within the week, has favourites, watches in the evening, has complained.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from liftstream.contracts.features import FEATURES
from liftstream.simulation.cinema.catalogue import Floats

Bits = NDArray[np.uint8]

SKIPS, LEAVES, RETURNS, COLLECTS, EVENINGS, COMPLAINS = (FEATURES.index(f"u{i}") for i in range(6))
HABIT: Final = 0.35
WATCHED: Final = 0.15
WOMAN: Final = 0.45
YOUNGEST, OLDEST = 15, 70
AGE, MAN, WOMAN_COLUMN = (FEATURES.index(name) for name in ("age", "man", "woman"))
FIRST_KIND: Final = FEATURES.index("cat0")
KINDS: Final = 100

FREQUENCIES: Final = (0, 1, 2, 4, 6, 8)
"""Advertisements an hour: what a cinema may choose."""
SPOT_MINUTES: Final = 0.5


@dataclass(frozen=True, eq=False)
class Viewers:
    """Row i of every array is viewer i.

    Attributes:
        features: uint8, shape (viewers, features), columns in the order of `FEATURES`.
        stays: the true probability of being one of those who stay.
        engaged: 1 where experts put the viewer among those who stay.
    """

    features: Bits
    stays: Floats
    engaged: Bits

    def __len__(self) -> int:
        return len(self.engaged)


def draw_viewers(rng: np.random.Generator, count: int) -> Viewers:
    """`count` viewers."""
    features = np.zeros((count, len(FEATURES)), dtype=np.uint8)
    features[:, AGE] = rng.integers(YOUNGEST, OLDEST + 1, count)
    features[:, WOMAN_COLUMN] = rng.random(count) < WOMAN
    features[:, MAN] = 1 - features[:, WOMAN_COLUMN]
    features[:, FIRST_KIND : FIRST_KIND + KINDS] = rng.random((count, KINDS)) < WATCHED
    for habit in (SKIPS, LEAVES, RETURNS, COLLECTS, EVENINGS, COMPLAINS):
        features[:, habit] = rng.random(count) < HABIT
    stays = chance_of_staying(features)
    return Viewers(features, stays, (rng.random(count) < stays).astype(np.uint8))


def chance_of_staying(features: Bits) -> Floats:
    """The truth: habits decide, some only together; a little of age and of three kinds of films."""
    x = features.astype(np.float64)
    log_odds = -0.5 + 2.2 * x[:, RETURNS] + 1.4 * x[:, COLLECTS] + 0.02 * (x[:, AGE] - 40)
    log_odds += 0.8 * x[:, FIRST_KIND : FIRST_KIND + 3].any(axis=1)
    log_odds -= 1.8 * x[:, SKIPS] + 1.2 * x[:, LEAVES] + 2.0 * x[:, COMPLAINS] * x[:, LEAVES]
    log_odds += 0.8 * x[:, EVENINGS] * x[:, RETURNS]
    return np.asarray(expit(log_odds))


@dataclass(frozen=True, eq=False)
class PossibleSessions:
    """What would happen to each viewer at each frequency of advertising.

    Attributes:
        minutes: advertising watched in the session, shape (viewers, frequencies).
        features: after the session, shape (viewers, frequencies, features).
    """

    minutes: Floats
    features: Bits


def play_sessions(rng: np.random.Generator, viewers: Viewers) -> PossibleSessions:
    """One session of each viewer at every frequency, with the same luck at each.

    Who is unlike those who stay bears less advertising: the evening ends earlier, and skipping, leaving and complaining
    become habits.
    """
    frequency = np.array(FREQUENCIES, dtype=np.float64)
    annoyed = 1 - np.exp(-frequency[None, :] * (0.02 + 0.9 * (1 - viewers.stays) ** 1.5)[:, None])
    hours = rng.gamma(4.0, 0.5, len(viewers))[:, None] * (1 - 0.98 * annoyed)
    skipped = viewers.features[:, SKIPS, None] * 0.5
    minutes = hours * frequency * SPOT_MINUTES * (1 - skipped)
    features = np.repeat(viewers.features[:, None, :], len(frequency), axis=1)
    for habit, push in ((SKIPS, 0.8), (LEAVES, 0.9), (COMPLAINS, 0.5)):
        pushed = rng.random(len(viewers))[:, None] < push * annoyed
        features[:, :, habit] |= pushed.astype(np.uint8)
    gone = rng.random(len(viewers))[:, None] < 0.7 * annoyed
    features[:, :, RETURNS] &= (~gone).astype(np.uint8)
    return PossibleSessions(minutes, features)
