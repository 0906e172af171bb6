"""Clients for the tests of this folder."""

import numpy as np


def draw(n: int = 4_000, seed: int = 1, distinct: int | None = None) -> tuple[np.ndarray, ...]:
    """Outcome, treatment, score and true uplift of clients whose score says something of it."""
    rng = np.random.default_rng(seed)
    uplift = rng.uniform(-0.1, 0.3, n)
    treatment = (rng.random(n) < 0.4).astype(int)
    y = (rng.random(n) < 0.3 + uplift * treatment).astype(int)
    score = uplift + rng.normal(0, 0.1, n)
    if distinct:
        score = np.round(score * distinct) / distinct
    return y, treatment, score, uplift
