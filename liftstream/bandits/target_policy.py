"""The propensities of a policy at every row of a log: fixed, or learned from earlier rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.policy import Integers, Policy
from liftstream.experiment.arguments import refuse, within

BLOCKS = 200
"""Into how many parts a log without quanta is cut for a policy that learns."""


def fixed_propensities(shares: Mapping[str, float], arms: Sequence[str]) -> Floats:
    """The same shares at every row.

    Args:
        shares: by arm; of those of the log that are not named 0. They sum to 1.
        arms: of the log, in the order of the result.
    """
    for arm, share in shares.items():
        within(f"share of {arm!r}", share, 0, 1)
        if arm not in arms:
            refuse("arm", arm, "one of the log's: " + ", ".join(arms))
    if abs(sum(shares.values()) - 1) > 1e-9:
        refuse("shares", dict(shares), f"of sum 1, not {sum(shares.values()):g}")
    return np.array([shares.get(arm, 0.0) for arm in arms])


def progressive_propensities(
    policy: Policy,
    chosen: Integers,
    reward: ArrayLike,
    arms: int,
    blocks: ArrayLike | None = None,
    reference: ArrayLike | None = None,
) -> Floats:
    """Propensities of a policy that learns from the log as it goes; of each block only after it.

    What is used at a row depends on earlier rows alone, so importance weighting stays unbiased.

    Args:
        chosen: index of the logged arm, by row, in the order of time.
        arms: how many there are.
        blocks: what was decided together, e.g. the quantum of each row, in ascending order; by default 200 equal parts.
        reference: what the reference group brought meanwhile, by row; for `ReferenceThompson`.

    Returns:
        Shape (rows, arms).

    Raises:
        ValueError: a reward that the policy cannot take.
    """
    r = np.asarray(reward, float)
    beside = np.zeros(r.size) if reference is None else np.asarray(reference, float)
    for value in np.unique(r)[[0, -1]] if r.size else ():
        policy.check_reward(float(value))
    evidence = Evidence.start(policy.first_prior(), (arms,))
    first = (evidence.a.copy(), evidence.b.copy())
    shares = np.empty((r.size, arms))
    for start, end in _spans(blocks, r.size):
        shares[start:end] = policy.propensities(evidence)
        evidence.trials += np.bincount(chosen[start:end], minlength=arms)
        evidence.reward += np.bincount(chosen[start:end], r[start:end], arms)
        evidence.reference += np.bincount(chosen[start:end], beside[start:end], arms)
        if policy.forgets:
            evidence.a, evidence.b = policy.propagate(evidence, first)
            evidence.trials, evidence.reward, evidence.reference = np.zeros((3, arms))
    return shares


def _spans(blocks: ArrayLike | None, rows: int) -> list[tuple[int, int]]:
    if blocks is None:
        edges = np.unique(np.linspace(0, rows, BLOCKS + 1).astype(int))
    else:
        values = np.asarray(blocks)
        edges = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1, [rows]])
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
