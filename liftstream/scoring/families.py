"""The one place where families are registered: the element of a model -> the function that compiles it.

A family module imports nothing heavier than numpy (scipy.special inside functions), because the worker loads it.
"""

from collections.abc import Callable
from typing import Final

from liftstream.scoring.anomaly_detection import compile_anomaly_detection
from liftstream.scoring.bayesian_network import compile_bayesian_network
from liftstream.scoring.clustering import compile_clustering
from liftstream.scoring.compilation import Compilation
from liftstream.scoring.element import Element
from liftstream.scoring.gaussian_process import compile_gaussian_process
from liftstream.scoring.general_regression import compile_general_regression
from liftstream.scoring.mining import compile_mining
from liftstream.scoring.naive_bayes import compile_naive_bayes
from liftstream.scoring.nearest_neighbors import compile_neighbors
from liftstream.scoring.neural_network import compile_network
from liftstream.scoring.prediction import Family
from liftstream.scoring.regression import compile_regression
from liftstream.scoring.rule_set import compile_rule_set
from liftstream.scoring.scorecard import compile_scorecard
from liftstream.scoring.support_vectors import compile_support_vectors
from liftstream.scoring.target import Target
from liftstream.scoring.tree import compile_tree

CompileFamily = Callable[[Element, Compilation, Target], Family]

FAMILIES: Final[dict[str, CompileFamily]] = {
    "AnomalyDetectionModel": compile_anomaly_detection,
    "BayesianNetworkModel": compile_bayesian_network,
    "ClusteringModel": compile_clustering,
    "GaussianProcessModel": compile_gaussian_process,
    "GeneralRegressionModel": compile_general_regression,
    "MiningModel": compile_mining,
    "NaiveBayesModel": compile_naive_bayes,
    "NearestNeighborModel": compile_neighbors,
    "NeuralNetwork": compile_network,
    "RegressionModel": compile_regression,
    "RuleSetModel": compile_rule_set,
    "Scorecard": compile_scorecard,
    "SupportVectorMachineModel": compile_support_vectors,
    "TreeModel": compile_tree,
}

CONTENTS: Final[dict[str, tuple[str, ...]]] = {
    "AnomalyDetectionModel": ("MeanClusterDistances", *FAMILIES),
    "BayesianNetworkModel": ("BayesianNetworkNodes",),
    "ClusteringModel": (
        "ComparisonMeasure",
        "ClusteringField",
        "CenterFields",
        "MissingValueWeights",
        "Cluster",
    ),
    "GaussianProcessModel": (
        "RadialBasisKernel",
        "ARDSquaredExponentialKernel",
        "AbsoluteExponentialKernel",
        "GeneralizedExponentialKernel",
        "TrainingInstances",
    ),
    "GeneralRegressionModel": (
        "ParameterList",
        "FactorList",
        "CovariateList",
        "PPMatrix",
        "PCovMatrix",
        "ParamMatrix",
        "EventValues",
        "BaseCumHazardTables",
    ),
    "MiningModel": ("Segmentation",),
    "NaiveBayesModel": ("BayesInputs", "BayesOutput"),
    "NearestNeighborModel": ("TrainingInstances", "ComparisonMeasure", "KNNInputs"),
    "NeuralNetwork": ("NeuralInputs", "NeuralLayer", "NeuralOutputs"),
    "RegressionModel": ("RegressionTable",),
    "RuleSetModel": ("RuleSet",),
    "Scorecard": ("Characteristics",),
    "SupportVectorMachineModel": (
        "LinearKernelType",
        "PolynomialKernelType",
        "RadialBasisKernelType",
        "SigmoidKernelType",
        "VectorDictionary",
        "SupportVectorMachine",
    ),
    "TreeModel": ("Node",),
}
"""What each family understands inside its element; anything else there is refused by name."""

REFUSED: Final = {
    "AssociationModel": "answers whole baskets, it does not score rows of a table",
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
