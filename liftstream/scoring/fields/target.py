"""What a model predicts: the target's name, type and categories, and the Targets element that finishes its values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from liftstream.scoring.batch.columns import Floats, Words, round_half_up
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.fields.fields import DataField
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import FieldType, word_of

T = TypeVar("T")
FUNCTIONS: Final = (
    "regression", "classification", "clustering", "mixed", "associationRules", "sequences", "timeSeries",
)  # fmt: skip
CASTS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "round": round_half_up,
    "ceiling": np.ceil,
    "floor": np.floor,
}


@dataclass(frozen=True)
class Target:
    """The target of one model. `name` is None where the document names none."""

    function: str
    name: str | None = None
    type: FieldType | None = None
    display: Mapping[str, str] | None = None
    priors: Mapping[str, float] | None = None
    default: float | None = None
    low: float | None = None
    high: float | None = None
    factor: float = 1.0
    constant: float = 0.0
    cast: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The declared categories in the document's order."""
        return self.type.values if self.type else ()

    @property
    def ordinal(self) -> bool:
        """Whether the categories are in order."""
        return self.type is not None and self.type.optype == "ordinal"

    def label(self, text: str) -> str:
        """A category as the dictionary spells it."""
        if self.type is None or text in self.type.values:
            return text
        return word_of(text, self.type.datatype) or text

    def of_its_own(self) -> "Target":
        """This target where the model's function (`mixed`) says nothing of it: numbers are a regression."""
        number = self.type is not None and self.type.numeric and self.type.optype == "continuous"
        return replace(self, function="regression" if number else "classification")

    def finish(self, prediction: Predictions) -> Predictions:
        """Applies default or priors to missing values, then clips, rescales and casts numbers, as Targets says."""
        if isinstance(prediction.value, Words):
            return self._finish_classes(prediction)
        values = prediction.value
        if self.default is not None:
            values = np.where(np.isnan(values), self.default, values)
        if self.low is not None or self.high is not None:
            values = np.clip(values, self.low, self.high)
        if self.factor != 1.0 or self.constant != 0.0:
            values = values * self.factor + self.constant
        if self.cast is not None:
            values = CASTS[self.cast](values)
        prediction.value = values
        return prediction

    def _finish_classes(self, prediction: Predictions) -> Predictions:
        words = prediction.value
        assert isinstance(words, Words)  # noqa: S101 - the caller looked
        if not self.priors or not (missing := words.codes < 0).any():
            return prediction
        best = max(self.priors, key=self.priors.__getitem__)
        prediction.value = words.fill(missing, best)
        if prediction.probabilities is not None:
            row = np.array([self.priors.get(name, 0.0) for name in prediction.classes])
            prediction.probabilities = np.where(missing[:, None], row, prediction.probabilities)
        return prediction


def read_target(model: Element, dictionary: Mapping[str, DataField], name: str | None) -> Target:
    """The target of a model whose MiningSchema names `name` (None: perhaps its Targets does)."""
    function = model.choice("functionName", FUNCTIONS)
    targets = model.first("Targets")
    elements = targets.all("Target") if targets is not None else []
    if name is None and len(elements) == 1:
        name = elements[0].get("field")
    element = next((e for e in elements if e.get("field") in (name, None)), None)
    field = dictionary.get(name) if name is not None else None
    settings = {} if element is None else _read_settings(element)
    target = Target(
        function=function,
        name=name,
        type=None if field is None else field.type,
        display=_read_display(element, field),
        **settings,  # type: ignore[arg-type]
    )
    return replace(target, display=_labelled(target, target.display), priors=_labelled(target, target.priors))


def _labelled(target: Target, by_category: Mapping[str, T] | None) -> Mapping[str, T] | None:
    """With the categories as the dictionary spells them."""
    return None if by_category is None else {target.label(name): one for name, one in by_category.items()}


def _read_display(element: Element | None, field: DataField | None) -> Mapping[str, str] | None:
    """How the categories are shown: as Targets says, before the dictionary."""
    shown = dict(field.display or {}) if field is not None else {}
    values = [] if element is None else element.all("TargetValue")
    shown.update({v.need("value"): s for v in values if (s := v.get("displayValue")) is not None})
    return shown or None


def _limit(element: Element, name: str, none: float) -> float | None:
    limit = element.bound(name, none)
    return None if limit == none else limit


def _read_settings(element: Element) -> dict[str, object]:
    element.only("TargetValue")
    values = element.all("TargetValue")
    priors = {
        value.need("value"): value.number("priorProbability")
        for value in values
        if value.get("priorProbability") is not None
    }
    defaults = [value.maybe_number("defaultValue") for value in values]
    cast = element.get("castInteger")
    if cast is not None:
        element.choice("castInteger", CASTS)
    return {
        "priors": priors or None,
        "default": next((value for value in defaults if value is not None), None),
        "low": _limit(element, "min", -np.inf),
        "high": _limit(element, "max", np.inf),
        "factor": element.number("rescaleFactor", 1.0),
        "constant": element.number("rescaleConstant", 0.0),
        "cast": cast,
    }
