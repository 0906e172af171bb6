"""The one place where families are registered: the element of a model -> the function that compiles it.

A family module imports nothing heavier than numpy (scipy.special inside functions), because the worker loads it.
"""

from collections.abc import Callable
from typing import Final

from liftstream.scoring.compilation import Compilation
from liftstream.scoring.element import Element
from liftstream.scoring.mining import compile_mining
from liftstream.scoring.neural_network import compile_network
from liftstream.scoring.prediction import Family
from liftstream.scoring.regression import compile_regression
from liftstream.scoring.target import Target
from liftstream.scoring.tree import compile_tree

CompileFamily = Callable[[Element, Compilation, Target], Family]

FAMILIES: Final[dict[str, CompileFamily]] = {
    "MiningModel": compile_mining,
    "NeuralNetwork": compile_network,
    "RegressionModel": compile_regression,
    "TreeModel": compile_tree,
}

REFUSED: Final = {
    "TimeSeriesModel": "forecasts a series, it does not score rows",
    "TextModel": "scores documents, not rows",
    "SequenceModel": "follows sequences, it does not score rows",
    "BaselineModel": "tests a stream against a baseline, it does not score rows",
}
"""Elements of the standard that are models and do not score rows, with the reason."""

SURROUNDINGS: Final = (
    "MiningSchema",
    "Output",
    "ModelStats",
    "ModelExplanation",
    "Targets",
    "LocalTransformations",
    "ModelVerification",
)
"""What stands in every model and is read by `compiled`, not by its family."""
