"""Viewers of the simulated cinema, as the training's users."""

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.simulation.cinema.audience import draw_viewers
from training.look_alike.users import Users


def generate(count: int, seed: int) -> Users:
    """`count` viewers with ids `v0`, `v1` ..."""
    viewers = draw_viewers(np.random.default_rng(seed), count)
    ids = np.array([f"v{number}" for number in range(count)], dtype=object)
    return Users(FEATURES, viewers.features.astype(np.float64), viewers.engaged, ids, "simulated cinema")
