"""The one place where families are registered: the element of a model -> the function that compiles it.

A family module imports nothing heavier than numpy (scipy.special inside functions), because the worker loads it.
"""

from collections.abc import Callable
from typing import Final

from liftstream.scoring.batch.prediction import Family
from liftstream.scoring.families.anomaly_detection import compile_anomaly_detection
from liftstream.scoring.families.bayesian_network import compile_bayesian_network
from liftstream.scoring.families.distance.clustering import compile_clustering
from liftstream.scoring.families.distance.nearest_neighbors import compile_neighbors
from liftstream.scoring.families.kernel.gaussian_process import compile_gaussian_process
from liftstream.scoring.families.kernel.support_vectors import compile_support_vectors
from liftstream.scoring.families.mining.mining import compile_mining
from liftstream.scoring.families.naive_bayes import compile_naive_bayes
from liftstream.scoring.families.neural_network import compile_network
from liftstream.scoring.families.regression.general_regression import compile_general_regression
from liftstream.scoring.families.regression.regression import compile_regression
from liftstream.scoring.families.rule_set import compile_rule_set
from liftstream.scoring.families.scorecard import compile_scorecard
from liftstream.scoring.families.tree.tree import compile_tree
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

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
