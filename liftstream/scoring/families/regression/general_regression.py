"""GeneralRegressionModel: linear, generalized linear, multinomial, ordinal and proportional hazards regressions.

With eta the linear predictor (`linear_predictor.py`), with the offset of generalized linear and ordinal models:

- regression, generalLinear: eta;
- generalizedLinear: the inverse of linkFunction at eta, times the trials where they are named; in a classifier it is
  the probability of the category that is not targetReferenceCategory;
- multinomialLogistic: a category's exp(eta) among all, where the reference category has eta 0;
- ordinalMultinomial: the inverse of cumulativeLink at a category's eta is the probability of it and all before it;
- CoxRegression: cumulative hazard at the row's end time, baseline * exp(eta - eta at the parameters' reference points).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.regression.linear_predictor import (
    Column,
    LinearPredictor,
    field_numbers,
    read_predictor,
)
from liftstream.scoring.families.regression.links import INVERSE_LINKS, logistic, normal_cdf
from liftstream.scoring.families.regression.regression import softmax
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

MODEL_TYPES: Final = (
    "regression", "generalLinear", "generalizedLinear", "multinomialLogistic", "ordinalMultinomial",
    "CoxRegression",
)  # fmt: skip
CUMULATIVE: Final = {
    name: INVERSE_LINKS[name] for name in ("logit", "probit", "cloglog", "loglog", "cauchit")
}
Inverse = Callable[[Floats], Floats]


@dataclass
class GeneralizedMean(Family):
    """A number: the inverse link of the linear predictor, times the trials."""

    predictor: LinearPredictor
    inverse: Inverse
    trials: Column
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The mean of every row."""
        return Predictions(self.inverse(self.predictor(batch)[:, 0]) * self.trials(batch))


@dataclass
class Binary(Family):
    """A classifier of two categories by one linear predictor; the first of `classes` is what it speaks of."""

    predictor: LinearPredictor
    inverse: Inverse
    classes: tuple[str, ...]

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of both."""
        first = self.inverse(self.predictor(batch)[:, 0])
        return classified(np.column_stack([first, 1.0 - first]), self.classes)


@dataclass
class Multinomial(Family):
    """A linear predictor for each category; the reference's is 0."""

    predictor: LinearPredictor
    classes: tuple[str, ...]
    reference: int

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the categories."""
        values = self.predictor(batch)
        values[:, self.reference] = np.where(np.isnan(values).any(axis=1), np.nan, 0.0)
        return classified(softmax(values), self.classes)


@dataclass
class Ordinal(Family):
    """Cumulative probabilities over categories in order; the last takes what is left to 1."""

    predictor: LinearPredictor
    inverse: Inverse
    classes: tuple[str, ...]

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the categories."""
        cumulative = self.inverse(self.predictor(batch))
        lacking = np.isnan(cumulative).any(axis=1)
        edges = np.column_stack([np.zeros(batch.rows), cumulative, np.ones(batch.rows)])
        edges[lacking] = np.nan
        return classified(np.diff(edges, axis=1), self.classes)


def compile_general_regression(element: Element, compilation: Compilation, target: Target) -> Family:
    """A GeneralRegressionModel.

    Raises:
        ModelUnsupported: a link, or a part of it, that is not worked out here.
    """
    kind = element.choice("modelType", MODEL_TYPES)
    if kind == "CoxRegression":
        from liftstream.scoring.families.regression.cox_regression import compile_cox

        return compile_cox(element, compilation)
    if target.function == "regression":
        if kind not in ("regression", "generalLinear", "generalizedLinear"):
            raise element.refusal(f"is a {kind} with functionName='regression'")
        predictor = read_predictor(element, compilation, [None])
        if kind != "generalizedLinear":
            return GeneralizedMean(predictor, INVERSE_LINKS["none"], lambda batch: np.ones(batch.rows))
        return GeneralizedMean(predictor, _read_link(element), _read_trials(element, compilation))
    return _compile_classifier(element, kind, compilation, target)


def _compile_classifier(element: Element, kind: str, compilation: Compilation, target: Target) -> Family:
    spoken = _categories(element)
    reference = element.get("targetReferenceCategory")
    if kind == "generalizedLinear":
        return _compile_binary(element, compilation, target, spoken, reference)
    if kind == "ordinalMultinomial":
        order = [name for name in target.classes or spoken if name in spoken]
        rest = [name for name in (*target.classes, *filter(None, [reference])) if name not in spoken]
        if len(order) != len(spoken) or len(set(rest)) != 1:
            raise element.refusal("needs cells for all categories of the target but the last")
        inverse = element.choice("cumulativeLink", CUMULATIVE, "logit")
        predictor = read_predictor(element, compilation, order)
        return Ordinal(predictor, inverse, tuple(map(target.label, (*order, rest[0]))))
    if kind != "multinomialLogistic":
        raise element.unsupported(f"is a {kind} with functionName='classification'; supported: generalizedLinear,"
                                  " multinomialLogistic, ordinalMultinomial")  # fmt: skip
    if reference is None:
        rest = [name for name in target.classes if name not in spoken]
        if len(rest) != 1:
            raise element.refusal("needs the attribute targetReferenceCategory")
        reference = rest[0]
    classes = [*(name for name in spoken if name != reference), reference]
    predictor = read_predictor(element, compilation, classes)
    return Multinomial(predictor, tuple(map(target.label, classes)), len(classes) - 1)


def _compile_binary(
    element: Element, compilation: Compilation, target: Target, spoken: Sequence[str], reference: str | None
) -> Binary:
    known = target.classes or tuple(spoken)
    categories = dict.fromkeys((*known, *spoken, *filter(None, [reference])))
    if len(categories) > 2:
        raise element.refusal(
            f"is a generalizedLinear classification of {len(categories)} categories ({', '.join(categories)[:60]}); the"
            " standard has two for it"
        )
    others = [name for name in known if name != reference]
    first = (
        spoken[0] if len(spoken) == 1 and spoken[0] != reference else others[-1] if len(others) == 1 else None
    )
    if first is None:
        raise element.refusal("needs targetReferenceCategory, and two categories of the target")
    second = reference or next((name for name in known if name != first), None)
    if second is None:
        raise element.refusal("needs a second category, as targetReferenceCategory or in the DataDictionary")
    predictor = read_predictor(element, compilation, [first])
    return Binary(predictor, _read_link(element), (target.label(first), target.label(second)))


def _categories(element: Element) -> list[str]:
    """The target categories that the ParamMatrix has cells for, in their order."""
    cells = element.one("ParamMatrix").all("PCell")
    return list(dict.fromkeys(c for cell in cells if (c := cell.get("targetCategory")) is not None))


def _read_trials(element: Element, compilation: Compilation) -> Column:
    if element.get("trialsVariable") is not None:
        return field_numbers(element, "trialsVariable", compilation)
    value = element.number("trialsValue", 1.0)
    return lambda batch: np.full(batch.rows, value)


def _read_link(element: Element) -> Inverse:
    return element.choice("linkFunction", LINKS, "identity")(element)


def _power(element: Element) -> Inverse:
    power = element.number("linkParameter")
    if power == 0:
        return INVERSE_LINKS["exp"]
    return lambda eta: np.power(eta, 1.0 / power)


def _odds_power(element: Element) -> Inverse:
    power = element.number("linkParameter")
    if power == 0:
        return logistic
    return lambda eta: 1.0 / (1.0 + np.power(1.0 + power * eta, -1.0 / power))


def _negative_binomial(element: Element) -> Inverse:
    dispersion = element.number("distParameter")
    if dispersion <= 0:
        raise element.refusal(f"has distParameter={dispersion:g}; accepted: above 0")
    return lambda eta: 1.0 / (dispersion * np.expm1(-eta))


LINKS: Final[dict[str, Callable[[Element], Inverse]]] = {
    "identity": lambda _: INVERSE_LINKS["none"],
    "log": lambda _: INVERSE_LINKS["exp"],
    "logc": lambda _: lambda eta: -np.expm1(eta),
    "logit": lambda _: logistic,
    "probit": lambda _: normal_cdf,
    "cloglog": lambda _: INVERSE_LINKS["cloglog"],
    "loglog": lambda _: INVERSE_LINKS["loglog"],
    "cauchit": lambda _: INVERSE_LINKS["cauchit"],
    "power": _power,
    "oddspower": _odds_power,
    "negbin": _negative_binomial,
}
"""By linkFunction: what makes its inverse from the model's linkParameter or distParameter."""


GENERAL_REGRESSION: Final = FamilyKind(
    tag="GeneralRegressionModel",
    name="general regression",
    contents=(
        "ParameterList",
        "FactorList",
        "CovariateList",
        "PPMatrix",
        "PCovMatrix",
        "ParamMatrix",
        "EventValues",
        "BaseCumHazardTables",
    ),
    compile=compile_general_regression,
    counted={"PCell": "parameters"},
)
