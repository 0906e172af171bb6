"""Converters whose documents do not say what the model they were made from does, and can be known by it.

CatBoost's own files name the default child of some nodes only; the others' is put in (`catboost.py`).

nyoka leaves its name in the Header. What it always writes wrongly is refused, with what to do instead; what the
document only leaves out is put in:

- scikit-learn's trees and XGBoost compare in single precision, XGBoost adds in it, too, which nyoka's documents do not
  say; they are read as if they did (`x-mathContext="float"`). They are told from LightGBM's, which compares in double
  precision, by the records that scikit-learn's nodes count, and by `lessThan`, which XGBoost asks. scikit-learn's own
  thresholds are doubles: a value is not above one if it is not above the number of single precision before it.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from liftstream.scoring.xml.catboost import give_default_children
from liftstream.scoring.xml.element import Element

CORRECTED: Final = {"nyoka", "catboost"}
"""Whose documents are looked through, and changed, before they are compiled."""
INSTEAD: Final = "convert it with sklearn2pmml"
NEGLIGIBLE: Final = 1e-6
CUT: Final = 1e-16
"""nyoka writes sixteen digits behind the point, and no more."""
OPERATORS: Final = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")


def heed_converter(root: Element) -> None:
    """Refuses what the document's converter is known to get wrong, and puts in what it is known to leave out.

    Raises:
        ModelRefused: the document does not score as the model that it was made from.
    """
    name = converter_of(root)
    if name == "catboost":
        give_default_children(root)
    if name == "nyoka":
        _heed_nyoka(root)


def converter_of(root: Element) -> str:
    """The name that the document's converter left in its Header, in small letters."""
    header = root.first("Header")
    application = None if header is None else header.first("Application")
    return "" if application is None else application.attributes.get("name", "").casefold()


def _heed_nyoka(root: Element) -> None:
    elements = list(root.walk())
    for element in elements:
        check = MISTAKES.get(element.tag)
        if check is not None:
            check(element)
    tests = [e for e in elements if e.tag == "SimplePredicate" and e.get("operator") in OPERATORS]
    strict = [test for test in tests if test.get("operator") == "lessThan"]
    if strict and not all(_is_single(test.number("value")) for test in tests):
        raise strict[0].refusal(
            f"asks lessThan where LightGBM asks lessOrEqual, as old versions of nyoka do; {INSTEAD}"
        )
    if strict:
        _say_single([e for e in elements if e.tag == "TreeModel" or _adds(e)])
    elif any(e.tag == "Node" and e.get("recordCount") is not None for e in elements):
        _say_single([e for e in elements if e.tag == "TreeModel"])
        for test in tests:
            test.attributes = {**test.attributes, "value": repr(_single_below(test.number("value")))}


def _is_single(value: float) -> bool:
    """Whether a number is the text of one of single precision, in nine digits or as few as tell it from others."""
    near = np.float32(value)
    return value in (float(f"{near:.9g}"), float(str(near)))


def _single_below(value: float) -> float:
    """The single precision number that a text stands for, or the next one below."""
    near = np.float32(value)
    if float(near) <= value + CUT or _is_single(value):
        return float(near)
    return float(np.nextafter(near, np.float32(-np.inf)))


def _adds(element: Element) -> bool:
    segmentation = element.first("Segmentation")
    return segmentation is not None and segmentation.get("multipleModelMethod") == "sum"


def _say_single(models: list[Element]) -> None:
    for element in models:
        element.attributes = {"x-mathContext": "float", **element.attributes}


def _check_anomaly_detection(element: Element) -> None:
    if element.get("algorithmType") == "iforest":
        raise element.refusal(
            "is an isolation forest of nyoka, which makes the paths that end at one or two records too long or too"
            f" short; {INSTEAD}"
        )


def _check_naive_bayes(element: Element) -> None:
    if element.number("threshold", 0.0) > 0 and any(e.tag == "GaussianDistribution" for e in element.walk()):
        raise element.refusal(
            f"has the threshold {element.number('threshold'):g}, which nyoka writes and scikit-learn's GaussianNB does"
            ' not have; write threshold="0" for its probabilities'
        )


def _check_mining(element: Element) -> None:
    segmentation = element.one("Segmentation")
    if segmentation.get("multipleModelMethod") == "majorityVote":
        raise segmentation.refusal(
            f"lets trees vote, as old versions of nyoka write scikit-learn's forests, which average; {INSTEAD}"
        )
    tables = list(_one_for_each_class(segmentation))
    if not tables:
        return
    if not segmentation.children[-1].one("RegressionModel").get("normalizationMethod"):
        raise element.refusal(
            f"has a regression for each class, and nothing that makes shares of them; {INSTEAD}"
        )
    if element.get("modelName") == "LinearDiscriminantAnalysis" or _sum_to_nothing(tables):
        raise element.refusal(
            f"is a multinomial regression or discriminant analysis that nyoka wrote as one class against the rest; {INSTEAD}"
        )


def _check_derived(element: Element) -> None:
    product = element.first("Apply")
    if product is not None and product.get("function") == "*" and product.first("TextIndex") is not None:
        raise element.refusal(
            f"is a tf-idf of nyoka, which leaves out that all of them are made to norm 1; {INSTEAD}"
        )


def _check_network(element: Element) -> None:
    layers, outputs = element.all("NeuralLayer"), element.one("NeuralOutputs").all("NeuralOutput")
    last = layers[-1].get("normalizationMethod") if layers else None
    if element.get("functionName") == "classification" and len(outputs) > 2 and last != "softmax":
        raise element.refusal(
            f"has {len(outputs)} categories and no softmax, which old versions of nyoka leave out; {INSTEAD}"
        )


def _check_text_index(element: Element) -> None:
    separator = element.get("wordSeparatorCharacterRE") or ""
    if "\\w" in separator:
        raise element.refusal(
            f"has wordSeparatorCharacterRE={separator[:60]!r}, where nyoka wrote what words are; {INSTEAD}"
        )


def _one_for_each_class(segmentation: Element) -> Iterator[Element]:
    """The tables of a chain in which a regression for each class feeds one that joins them."""
    if segmentation.get("multipleModelMethod") != "modelChain":
        return
    models = [segment.first("RegressionModel") for segment in segmentation.all("Segment")]
    functions = [None if model is None else model.get("functionName") for model in models]
    if functions[-1:] == ["classification"] and set(functions[:-1]) == {"regression"}:
        yield from (table for model in models[:-1] if model for table in model.all("RegressionTable"))


def _sum_to_nothing(tables: list[Element]) -> bool:
    """Whether the coefficients add up to 0 over the classes, as a multinomial regression's do and others' do not."""
    sums: dict[str, float] = {"": 0.0}
    largest = 0.0
    for table in tables:
        sums[""] += table.number("intercept", 0.0)
        for one in table.all("NumericPredictor"):
            weight = one.number("coefficient")
            largest = max(largest, abs(weight))
            sums[one.need("name")] = sums.get(one.need("name"), 0.0) + weight
    return bool(np.abs(list(sums.values())).max() <= NEGLIGIBLE * max(largest, NEGLIGIBLE))


MISTAKES: Final[dict[str, Callable[[Element], None]]] = {
    "AnomalyDetectionModel": _check_anomaly_detection,
    "NaiveBayesModel": _check_naive_bayes,
    "MiningModel": _check_mining,
    "DerivedField": _check_derived,
    "NeuralNetwork": _check_network,
    "TextIndex": _check_text_index,
}
"""By element: what is refused in a document of nyoka's."""
