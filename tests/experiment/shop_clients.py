"""Clients of a made-up shop, as columns."""

import numpy as np


def shop(n: int, effect: float = 0.8, seed: int = 1) -> dict[str, np.ndarray]:
    """Clients by chance in two arms, with their money in $ and what they spent before."""
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.5, "original", "candidate")
    before = rng.gamma(1.86, 10.75, n)
    revenue = 0.5 * before + 0.5 * rng.gamma(1.86, 10.75, n) + np.where(arm == "candidate", effect, 0)
    return {"client": np.arange(n), "arm": arm, "revenue": revenue, "before": before}
