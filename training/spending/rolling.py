"""Evaluation from rolling origins: each of the last full months is predicted by models that know only what was
before it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.contracts.errors import InputError
from liftstream.evaluation.classification import Estimate
from liftstream.forecast.calendar import period_of
from liftstream.forecast.comparison import ModelComparison, compare_paired
from liftstream.forecast.history import Floats, History, full_months
from liftstream.forecast.models.trend import Trend
from training.spending.estimators import RECIPES, fit
from training.spending.ranking import spearman, top_share

ORIGINS: Final = 4
FEWEST_MONTHS: Final = 4
RESAMPLES: Final = 200
REFERENCE: Final = "A"
CONSTANT: Final = "constant"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The prediction and the spending of every user in every tested month.

    Attributes:
        months: tested.
        predicted: [users, months] by model or baseline.
        spent: [users, months]
    """

    months: Sequence[int]
    predicted: Mapping[str, Floats]
    spent: Floats

    def squared_errors(self) -> dict[str, Floats]:
        """[users] by model, the mean of the months."""
        return {name: ((p - self.spent) ** 2).mean(axis=1) for name, p in self.predicted.items()}


@dataclass(frozen=True)
class Score:
    """One line of the table; every figure with its 95 % interval, resampled by user.

    Attributes:
        mse: mean squared error; to_trend and to_constant are its ratio to those of A and of the constant.
        to_trend_interval: the first ratio with its interval, of the same users (delta method).
        difference: mean squared error less that of A, of the same users.
        spearman, top_share: means of the months; not a number for predictions that are all equal.
    """

    name: str
    mse: Estimate
    to_trend: float
    to_trend_interval: Estimate
    to_constant: float
    difference: Estimate
    bias: Estimate
    mae: Estimate
    spearman: Estimate
    top_share: Estimate


def months_to_learn(history: History, before: int) -> list[int]:
    """Full months before a month that have a full month before them."""
    return [month for month in full_months(history)[1:] if month < before]


def roll(history: History, seed: int) -> Evaluation:
    """Predicts the last four full months, or fewer if that leaves none to learn from.

    Raises:
        InputError: fewer than four full months, or nothing was bought in them.
    """
    full = full_months(history)
    if len(full) < FEWEST_MONTHS:
        raise InputError(
            f"the sessions cover {len(full)} full months; at least {FEWEST_MONTHS} are needed to learn from some and test on others"
        )
    if not history.spending(full).any():
        raise InputError(
            f"nothing was bought in the full months, {period_of(full[0])} to {period_of(full[-1])}; BUY_PRODUCT events are needed"
        )
    months = full[2:][-ORIGINS:]
    predicted: dict[str, list[Floats]] = {}
    for month in months:
        for name, values in _predictions(history, month, seed).items():
            predicted.setdefault(name, []).append(values)
    return Evaluation(
        months,
        {name: np.column_stack(values) for name, values in predicted.items()},
        np.column_stack([history.spending_in(month) for month in months]),
    )


def _predictions(history: History, month: int, seed: int) -> dict[str, Floats]:
    learn = months_to_learn(history, month)
    before = history.spending(range(full_months(history)[0], month))
    learned = {recipe.name: fit(recipe, history, learn, seed).predict(history, month) for recipe in RECIPES}
    return {
        CONSTANT: np.full(len(history.users), before[:, -1].mean()),
        "last period": before[:, -1],
        "mean": before.mean(axis=1),
        REFERENCE: Trend().predict_expenses(history, month),
        **learned,
    }


def score(evaluation: Evaluation, seed: int) -> list[Score]:
    """The scores of all models, in the order of their predictions."""
    errors = evaluation.squared_errors()
    resamples = np.random.default_rng(seed).integers(
        len(evaluation.spent), size=(RESAMPLES, len(evaluation.spent))
    )
    return [_score(name, evaluation, errors, resamples) for name in evaluation.predicted]


def _score(name: str, evaluation: Evaluation, errors: Mapping[str, Floats], resamples: np.ndarray) -> Score:
    predicted, spent = evaluation.predicted[name], evaluation.spent
    difference, to_trend = predicted - spent, ratio(errors[name], errors[REFERENCE])
    return Score(
        name=name,
        mse=Estimate.of_mean(errors[name]),
        to_trend=to_trend.value,
        to_trend_interval=to_trend,
        to_constant=ratio(errors[name], errors[CONSTANT]).value,
        difference=Estimate.of_mean(errors[name] - errors[REFERENCE]),
        bias=Estimate.of_mean(difference.mean(axis=1)),
        mae=Estimate.of_mean(np.abs(difference).mean(axis=1)),
        spearman=_resampled(spearman, predicted, spent, resamples),
        top_share=_resampled(top_share, predicted, spent, resamples),
    )


def ratio(errors: Floats, reference: Floats) -> Estimate:
    """The ratio of two means over the same users, with the interval of the delta method; not a number over 0."""
    below = float(reference.mean()) or math.nan
    found = float(errors.mean()) / below
    around = Estimate.of_mean((errors - found * reference) / below)
    return Estimate(found, found + around.low, found + around.high)


def _resampled(
    figure: Callable[[Floats, Floats], float], predicted: Floats, spent: Floats, resamples: np.ndarray
) -> Estimate:
    """The mean of the months, with the percentile interval of the bootstrap over users."""

    def of(users: np.ndarray) -> float:
        return float(np.mean([figure(predicted[users, m], spent[users, m]) for m in range(spent.shape[1])]))

    values = [of(users) for users in resamples]
    low, high = np.nanpercentile(values, [2.5, 97.5]) if np.isfinite(values).any() else (math.nan, math.nan)
    return Estimate(of(np.arange(len(spent))), float(low), float(high))


def compare_models(evaluation: Evaluation) -> list[ModelComparison]:
    """The paired comparison of A, B and C on all users."""
    errors = evaluation.squared_errors()
    return compare_paired({name: errors[name] for name in (REFERENCE, *(recipe.name for recipe in RECIPES))})
