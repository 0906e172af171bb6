"""The one place where families are registered.

A family module imports nothing heavier than numpy (scipy.special inside functions), because the worker loads it.
"""

from typing import Final

from liftstream.scoring.families.anomaly_detection import ANOMALY_DETECTION
from liftstream.scoring.families.bayesian_network import BAYESIAN_NETWORK
from liftstream.scoring.families.distance.clustering import CLUSTERING
from liftstream.scoring.families.distance.nearest_neighbors import NEAREST_NEIGHBOR
from liftstream.scoring.families.kernel.gaussian_process import GAUSSIAN_PROCESS
from liftstream.scoring.families.kernel.support_vectors import SUPPORT_VECTOR_MACHINE
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.mining.mining import MINING
from liftstream.scoring.families.naive_bayes import NAIVE_BAYES
from liftstream.scoring.families.neural_network import NEURAL_NETWORK
from liftstream.scoring.families.regression.general_regression import GENERAL_REGRESSION
from liftstream.scoring.families.regression.regression import REGRESSION
from liftstream.scoring.families.rule_set import RULE_SET
from liftstream.scoring.families.scorecard import SCORECARD
from liftstream.scoring.families.tree.compile import TREE

KINDS: Final[tuple[FamilyKind, ...]] = (
    ANOMALY_DETECTION,
    BAYESIAN_NETWORK,
    CLUSTERING,
    GAUSSIAN_PROCESS,
    GENERAL_REGRESSION,
    MINING,
    NAIVE_BAYES,
    NEAREST_NEIGHBOR,
    NEURAL_NETWORK,
    REGRESSION,
    RULE_SET,
    SCORECARD,
    SUPPORT_VECTOR_MACHINE,
    TREE,
)

FAMILIES: Final = {kind.tag: kind for kind in KINDS}

REFUSED: Final = {
    "AssociationModel": "answers whole baskets, it does not score rows of a table",
    "TimeSeriesModel": "forecasts a series, it does not score rows",
    "TextModel": "scores documents, not rows",
    "SequenceModel": "follows sequences, it does not score rows",
    "BaselineModel": "tests a stream against a baseline, it does not score rows",
}
"""Elements of the standard that are models and do not score rows, with the reason."""
