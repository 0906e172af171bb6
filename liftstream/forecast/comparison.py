"""Compares models and says how certain the difference is: the paired test on all users, the unpaired one of the split.

Every model predicts for every user, so each user is their own control: what is hard to predict is hard for all models,
and drops out of the difference. A user who was predicted in several months counts once, with the mean of the months.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream import experiment
from liftstream.experiment.amounts import money
from liftstream.experiment.record import Record
from liftstream.forecast.history import Floats

Test = Callable[..., experiment.Comparison]

ALPHA: Final = 0.05


@dataclass(frozen=True, repr=False)
class ModelComparison(Record):
    """Two models on squared errors; `better` is the one with the smaller mean.

    Attributes:
        difference: mean squared error of `other` less that of `better`, with its interval: all pairs' intervals
            together hold with 95 % (Bonferroni), and one excludes 0 exactly where `pvalue_adjusted` is below 0.05.
        pvalue: two-sided, of no difference; `pvalue_adjusted` times the number of pairs.
        n: users; of both models together where the users are not the same.
    """

    better: str
    other: str
    mse_better: float
    mse_other: float
    difference: float
    ci_low: float
    ci_high: float
    pvalue: float
    pvalue_adjusted: float
    n: int
    method: str

    @property
    def significant(self) -> bool:
        """Whether the difference is significant."""
        return self.pvalue_adjusted < ALPHA


def mean_by_user(squared_error: Floats, user: NDArray[np.int64]) -> Floats:
    """[users] the mean squared error of each user who occurs, in the order of their numbers."""
    counts = np.bincount(user)
    sums = np.bincount(user, squared_error)
    present = counts > 0
    found: Floats = sums[present] / counts[present]
    return found


def compare_paired(squared_errors: Mapping[str, Floats]) -> list[ModelComparison]:
    """All pairs of models on the same users.

    Args:
        squared_errors: [users] by model, the users in one order.

    Returns:
        one for each pair; none of models that never differ, or of fewer than two users.
    """
    return _compared(squared_errors, experiment.paired)


def compare_split(squared_errors: Mapping[str, Floats]) -> list[ModelComparison]:
    """All pairs of models, each on the users whom it served.

    Args:
        squared_errors: [users of the model] by model.
    """
    return _compared(squared_errors, experiment.welch)


def _compared(squared_errors: Mapping[str, Floats], test: Test) -> list[ModelComparison]:
    pairs = list(combinations(squared_errors, 2))
    found = [_told(names, squared_errors, test, len(pairs)) for names in pairs]
    return [pair for pair in found if pair is not None]


def _told(
    names: Sequence[str], squared_errors: Mapping[str, Floats], test: Test, pairs: int
) -> ModelComparison | None:
    better, other = sorted(names, key=lambda name: _mean(squared_errors[name]))
    first, second = squared_errors[better], squared_errors[other]
    try:
        found = test(first, second, alternative="two-sided", alpha=ALPHA / pairs)
    except ValueError:  # fewer than two users, or no difference at all
        return None
    return ModelComparison(
        better=better,
        other=other,
        mse_better=_mean(first),
        mse_other=_mean(second),
        difference=found.effect,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        pvalue=found.pvalue,
        pvalue_adjusted=min(1.0, pairs * found.pvalue),
        n=len(first) if test is experiment.paired else len(first) + len(second),
        method=found.method,
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("inf")


def best_and_next(pairs: Sequence[ModelComparison]) -> ModelComparison | None:
    """The comparison of the best model with the next best."""
    if not pairs:
        return None
    return min(pairs, key=lambda pair: (pair.mse_better, pair.mse_other))


def sentence(pairs: Sequence[ModelComparison], users: int) -> str:
    """One sentence: which model is better, and how certain that is.

    Args:
        pairs: the paired comparison.
        users: number of users whose spending is known.
    """
    first = best_and_next(pairs)
    if first is None:
        return (
            f"Nothing can be said yet: the spending of {users:,} predicted users is known,"
            " and two that were predicted differently are needed."
        )
    best = first.better
    against = sorted((pair for pair in pairs if pair.better == best), key=lambda pair: pair.pvalue)
    sure = [pair for pair in against if pair.significant]
    open_ = [pair for pair in against if not pair.significant]
    of = f"mean squared error {money(first.mse_better, beside=(first.mse_other,))}, paired on {first.n:,} users"
    if not sure:
        return f"Model {best} was closer so far ({of}), but this may be chance: {_listed(open_)}."
    told = f"Model {best} predicts better than {' and '.join(pair.other for pair in sure)} ({of}): {_listed(sure)}"
    return f"{told}; this may still be chance: {_listed(open_)}." if open_ else f"{told}."


def _listed(pairs: Sequence[ModelComparison]) -> str:
    return ", ".join(
        f"{less} less than {pair.other} (95 % interval {low} to {high}, p = {pair.pvalue_adjusted:.2g})"
        for pair in pairs
        for less, low, high in [_alike(pair.difference, pair.ci_low, pair.ci_high)]
    )


def _alike(*amounts: float) -> list[str]:
    return [money(amount, beside=amounts) for amount in amounts]
