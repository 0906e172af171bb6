"""How much is explored at the t-th choice: epsilon as a function of t."""

from collections.abc import Callable
from typing import Any

import numpy as np

from liftstream.bandits.policies.evidence import Floats
from liftstream.experiment.arguments import positive


def epsilon_scaled(t: Any, arms: Any, c: float = 30.0) -> Floats:
    """min(1, c K / t): needs to know nothing, and is the default of the decreasing ones.

    Args:
        t: the choice, counted from 1.
        arms: K.
    """
    return np.asarray(np.minimum(1.0, c * np.asarray(arms, float) / np.maximum(t, 1.0)))


def epsilon_auer(t: Any, arms: Any, c: float, gap: float) -> Floats:
    """min(1, c K / (gap^2 t)) of Auer, Cesa-Bianchi and Fischer (2002, theorem 3).

    Args:
        gap: a lower bound of the best arm's lead. At 0.05 and c = 5, epsilon stays 1 for 6,000 choices of three arms.
    """
    positive("gap", gap)
    return np.asarray(np.minimum(1.0, c * np.asarray(arms, float) / (gap**2 * np.maximum(t, 1.0))))


def epsilon_inverse(t: Any, epsilon_0: float) -> Floats:
    """epsilon_0 / max(1, t)."""
    return np.asarray(epsilon_0 / np.maximum(t, 1.0))


def epsilon_exponential(t: Any, epsilon_0: float, decay: float) -> Floats:
    """epsilon_0 exp(-decay t)."""
    return np.asarray(epsilon_0 * np.exp(-decay * np.asarray(t, float)))


def epsilon_cube_root(t: Any, arms: Any) -> Floats:
    """min(1, (K ln t / t)^(1/3)), whose regret grows like t^(2/3)."""
    t = np.maximum(t, 1.0)
    with np.errstate(divide="ignore"):
        root = np.cbrt(np.asarray(arms, float) * np.log(t) / t)
    return np.where(t <= 1, 1.0, np.minimum(1.0, root))


SCHEDULES: dict[str, Callable[..., Floats]] = {
    "scaled": epsilon_scaled,
    "auer": epsilon_auer,
    "inverse": epsilon_inverse,
    "exponential": epsilon_exponential,
    "cube-root": epsilon_cube_root,
}
"""The schedules by the name that a policy's `schedule` takes."""
