"""Clients of an experiment whose uplift is known, for the tests of this folder."""

import numpy as np

from training.uplift.clients import Clients


def draw(count: int = 20_000, seed: int = 1, columns: int = 3) -> Clients:
    """Influencing gains .2 where `x` > 0, loses .15 where `channel` is Web; the other columns say nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    channel = np.array(["Phone", "Web", "Branch", None], dtype=object)[
        rng.choice(4, count, p=[0.5, 0.2, 0.2, 0.1])
    ]
    noise = {f"n{number}": rng.normal(size=count).round(2) for number in range(columns)}
    uplift = 0.2 * (x > 0) - 0.15 * (channel == "Web")
    treatment = rng.integers(0, 2, count).astype(np.uint8)
    outcome = (rng.random(count) < 0.3 + uplift * treatment).astype(np.float64)
    x[rng.random(count) < 0.05] = np.nan
    return Clients({"x": x, "channel": channel, **noise}, treatment, outcome, "drawn", uplift)
