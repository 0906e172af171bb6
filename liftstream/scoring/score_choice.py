"""What in a model's prediction decides: the probability of the class to show, a number, or a label of 0 and 1."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import numpy as np

from liftstream.contracts.errors import ModelUnfit
from liftstream.scoring.batch.columns import Floats, Words
from liftstream.scoring.batch.prediction import Predictions


class Scored(Protocol):
    """A model, as far as the choice needs to know it."""

    @property
    def path(self) -> Path:
        """Of its file."""

    @property
    def function(self) -> str:
        """regression, classification or another."""

    @property
    def target(self) -> str:
        """The column of the prediction."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories of a classifier."""

    @property
    def gives_probabilities(self) -> bool:
        """Whether a classifier says how likely each class is."""


POSITIVE: Final = ("1", "true", "True", "TRUE", "1.0")


NEGATIVE: Final = ("0", "false", "False", "FALSE", "0.0")


class ChosenScore(NamedTuple):
    """How the score is read from a prediction, and what it is in words.

    `notice` should be logged; `decides_itself` is true for a model that gives only a label.
    """

    read: Callable[[Predictions], Floats]
    what: str
    notice: str | None = None
    decides_itself: bool = False


def choose_score(model: Scored) -> ChosenScore:
    """What in a model's prediction decides.

    Raises:
        ModelUnfit: nothing does.
    """
    function = model.function
    if function == "regression":
        return ChosenScore(_number, f"the prediction of {model.target}")
    if function != "classification":
        raise ModelUnfit(
            f"{model.path}: is a {function} model; a decision needs a classifier or a regression"
        )
    classes = model.classes
    positive = next((name for name in POSITIVE if name in classes), None)
    if not model.gives_probabilities:
        negative = next((name for name in NEGATIVE if name in classes), None)
        if positive is None or negative is None or len(classes) != 2:
            raise ModelUnfit(
                f"{model.path}: gives only a label of {', '.join(classes[:5])}; a model that decides itself gives 0 or 1"
            )
        return ChosenScore(_label(positive), "the label, the model decides itself", decides_itself=True)
    if positive is not None:
        return ChosenScore(_probability(positive), f"the probability of class {positive}")
    if len(classes) != 2:
        raise ModelUnfit(
            f"{model.path}: none of its classes ({', '.join(classes[:5])}) is 1 or true; name the class to show 1"
        )
    second = classes[1]
    notice = (
        f"no class is called 1 or true: the score is the probability of {second!r}, the second of {classes}"
    )
    return ChosenScore(_probability(second), f"the probability of class {second}", notice)


def _number(prediction: Predictions) -> Floats:
    assert not isinstance(prediction.value, Words)  # noqa: S101 - of a regression
    return prediction.value


def _probability(name: str) -> Callable[[Predictions], Floats]:
    def read(prediction: Predictions) -> Floats:
        if prediction.probabilities is None:
            return np.full(len(prediction.value), np.nan)
        return prediction.probabilities[:, prediction.classes.index(name)]

    return read


def _label(positive: str) -> Callable[[Predictions], Floats]:
    def read(prediction: Predictions) -> Floats:
        assert isinstance(prediction.value, Words)  # noqa: S101 - of a classifier
        return prediction.value.lookup(lambda word: float(word == positive))

    return read
