"""NaiveBayesModel: prior counts times the likelihood of every known input.

A category's likelihood is count(prior) * product over inputs of count(value and category) / count(category), where the
denominator sums the input's own table; a continuous input brings the density of a distribution instead. A count of 0,
and a density below the threshold, become the threshold; before PMML 4.2, which brought the distributions, the threshold
is for counts alone, and so it is for those that R wrote into older documents. An input that is missing, or has a value
that its table does not hold, says nothing. Worked out in logarithms, so that many inputs do not underflow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.compile import compile_derived
from liftstream.scoring.expressions.expression import field_expression
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.distance.categories import place_in
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

Evidence = Callable[[Batch], Floats]
"""Logarithms of likelihoods [rows, categories]; 0 where an input says nothing."""


@dataclass
class NaiveBayes(Family):
    """Log prior and the evidence of every input."""

    classes: tuple[str, ...]
    prior: Floats
    inputs: Sequence[Evidence]

    def predict(self, batch: Batch) -> Predictions:
        """Posterior probabilities."""
        total = np.tile(self.prior, (batch.rows, 1))
        for evidence in self.inputs:
            total += evidence(batch)
        likelihood = np.exp(total - total.max(axis=1, keepdims=True))
        return classified(likelihood / likelihood.sum(axis=1, keepdims=True), self.classes)


def compile_naive_bayes(element: Element, compilation: Compilation, target: Target) -> NaiveBayes:
    """A NaiveBayesModel.

    Raises:
        ModelUnsupported: an input has a distribution that is not worked out here.
    """
    threshold = element.number("threshold", 0.0)
    output = element.one("BayesOutput").one("TargetValueCounts")
    prior = {target.label(one.need("value")): one.number("count") for one in output.all("TargetValueCount")}
    if not prior or sum(prior.values()) <= 0:
        raise output.refusal("needs counts above 0")
    classes = tuple(prior)
    inputs = [
        _read_input(one, compilation, target, classes, threshold)
        for one in element.one("BayesInputs").all("BayesInput")
    ]
    return NaiveBayes(classes, _log(np.array([prior[name] for name in classes])), inputs)


def _read_input(
    element: Element, compilation: Compilation, target: Target, classes: Sequence[str], threshold: float
) -> Evidence:
    element.only("DerivedField", "PairCounts", "TargetValueStats")
    symbol = _input_field(element, compilation)
    stats = element.first("TargetValueStats")
    if stats is not None:
        least = threshold if compilation.version >= (4, 2) else 0.0
        return _continuous(stats, symbol, target, classes, least)
    return _discrete(element, symbol, target, classes, threshold)


def _input_field(element: Element, compilation: Compilation) -> Symbol:
    derived = element.first("DerivedField")
    if derived is None:
        return compilation.field(element, "fieldName")
    expression = compile_derived(derived, compilation)
    slot = compilation.program.add(expression.evaluate) if expression.slot is None else expression.slot
    return Symbol(element.need("fieldName"), expression.type, slot)


def _discrete(
    element: Element, symbol: Symbol, target: Target, classes: Sequence[str], threshold: float
) -> Evidence:
    pairs = element.all("PairCounts")
    counts = np.zeros((len(pairs), len(classes)))
    place = {name: column for column, name in enumerate(classes)}
    for row, pair in enumerate(pairs):
        for one in pair.one("TargetValueCounts").all("TargetValueCount"):
            name = target.label(one.need("value"))
            if name not in place:
                raise one.unknown("category", name, place)
            counts[row, place[name]] = one.number("count")
    shares = np.where(counts > 0, counts / counts.sum(axis=0), threshold)
    table = np.vstack([_log(shares), np.zeros((2, len(classes)))])  # the last two: another value, missing
    places = place_in(symbol, [pair.need("value") for pair in pairs], element)
    return lambda batch: table[places(batch)]


def _continuous(
    element: Element, symbol: Symbol, target: Target, classes: Sequence[str], threshold: float
) -> Evidence:
    stats = {target.label(one.need("value")): one.one(*DENSITIES) for one in element.all("TargetValueStat")}
    lacking = [name for name in classes if name not in stats]
    if lacking:
        raise element.refusal(f"has no distribution for the category {lacking[0][:60]!r}")
    densities = [DENSITIES[stats[name].tag](stats[name]) for name in classes]
    least = _log(np.array(threshold))
    number = numbers_of(field_expression(symbol), element)

    def evidence(batch: Batch) -> Floats:
        values = number(batch)
        logs = np.column_stack([density(values) for density in densities])
        return np.where(np.isnan(values)[:, None], 0.0, np.maximum(logs, least))

    return evidence


def _gaussian(element: Element) -> Callable[[Floats], Floats]:
    mean, variance = element.number("mean"), element.number("variance")
    if variance <= 0:
        raise element.refusal(f"has variance={variance:g}; accepted: above 0")
    level = -0.5 * np.log(2.0 * np.pi * variance)
    return lambda values: level - (values - mean) ** 2 / (2.0 * variance)


def _poisson(element: Element) -> Callable[[Floats], Floats]:
    mean = element.number("mean")
    if mean <= 0:
        raise element.refusal(f"has mean={mean:g}; accepted: above 0")

    def density(values: Floats) -> Floats:
        from scipy.special import gammaln

        whole = (values >= 0) & (values == np.floor(values))
        return np.where(whole, values * np.log(mean) - mean - gammaln(np.abs(values) + 1.0), -np.inf)

    return density


def _uniform(element: Element) -> Callable[[Floats], Floats]:
    lower, upper = element.number("lower"), element.number("upper")
    if upper <= lower:
        raise element.refusal(f"has upper={upper:g}; accepted: above lower={lower:g}")
    return lambda values: np.where((values >= lower) & (values <= upper), -np.log(upper - lower), -np.inf)


DENSITIES: Final[dict[str, Callable[[Element], Callable[[Floats], Floats]]]] = {
    "GaussianDistribution": _gaussian,
    "PoissonDistribution": _poisson,
    "UniformDistribution": _uniform,
}


def _log(values: Floats) -> Floats:
    return np.log(values)


NAIVE_BAYES: Final = FamilyKind(
    tag="NaiveBayesModel",
    name="naive Bayes",
    contents=("BayesInputs", "BayesOutput"),
    compile=compile_naive_bayes,
    functions=("classification",),
)
