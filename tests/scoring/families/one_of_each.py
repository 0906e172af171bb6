"""A document of every registered family: from the collection, or as small as it can be."""

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.scoring.documents import NUMBER, document, schema

CASES = Path(__file__).parents[1] / "cases"

YES = "<ValueProbability value='yes' probability='0.2'/><ValueProbability value='no' probability='0.8'/>"
SMALLEST = {
    "BayesianNetworkModel": document(
        f"<BayesianNetworkModel functionName='classification'>{schema('rain', 'wet')}<BayesianNetworkNodes>"
        f"<DiscreteNode name='rain'>{YES}</DiscreteNode><DiscreteNode name='wet'>{YES}</DiscreteNode>"
        "</BayesianNetworkNodes></BayesianNetworkModel>",
        rain="yes|no", wet="yes|no",
    ),
    "GaussianProcessModel": document(
        f"<GaussianProcessModel functionName='regression'>{schema('n', 'x')}<RadialBasisKernel/><TrainingInstances>"
        "<InstanceFields><InstanceField field='x' column='x'/><InstanceField field='n' column='n'/></InstanceFields>"
        "<InlineTable><row><x>1</x><n>2</n></row></InlineTable></TrainingInstances></GaussianProcessModel>",
        x=NUMBER, n=NUMBER,
    ),
    "Scorecard": document(
        f"<Scorecard functionName='regression' useReasonCodes='false'>{schema('n', 'x')}<Characteristics>"
        "<Characteristic name='c'><Attribute partialScore='5'><True/></Attribute></Characteristic></Characteristics>"
        "</Scorecard>",
        x=NUMBER, n=NUMBER,
    ),
}  # fmt: skip


def documents() -> dict[str, str]:
    """The element of a model -> a document with one."""
    found = dict(SMALLEST)
    for case in json.loads((CASES / "index.json").read_text())["cases"]:
        text = (CASES / case["model"]).read_text()
        tags = [child.tag.rpartition("}")[2] for child in ElementTree.fromstring(text)]  # noqa: S314
        found.setdefault(next(tag for tag in tags if tag in MODELS), text)
    return found


MODELS = {
    "AnomalyDetectionModel", "AssociationModel", "BaselineModel", "BayesianNetworkModel", "ClusteringModel",
    "GaussianProcessModel", "GeneralRegressionModel", "MiningModel", "NaiveBayesModel", "NearestNeighborModel",
    "NeuralNetwork", "RegressionModel", "RuleSetModel", "Scorecard", "SequenceModel", "SupportVectorMachineModel",
    "TextModel", "TimeSeriesModel", "TreeModel",
}  # fmt: skip
"""The models of the standard, PMML 4.4."""
