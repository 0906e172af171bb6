"""NeuralNetwork: layers of neurons, each a matrix product and an activation.

A neuron is activation(bias + sum(weight * what it is connected with)); a radial basis neuron works on the distance
instead. Connections usually come from the layer before; where they come from further back, the layer sees everything
computed so far. A layer may normalize its neurons (softmax, simplemax), and its rectifiers may let a share of what is
below 0 through (`x-leakage`, an addition of JPMML's). NeuralOutputs give the neurons' meaning: the probability of a
category (NormDiscrete), or a number, which NormContinuous is undone for; either may stand in a DerivedField that a
FieldRef names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats, Words
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch, Gather, Names
from liftstream.scoring.expressions.compile import compile_derived, interpolate
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.regression.links import logistic
from liftstream.scoring.families.regression.regression import softmax
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

ACTIVATIONS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "logistic": logistic,
    "tanh": np.tanh,
    "identity": lambda z: z,
    "exponential": np.exp,
    "reciprocal": lambda z: 1.0 / z,
    "square": np.square,
    "Gauss": lambda z: np.exp(-(z**2)),
    "sine": np.sin,
    "cosine": np.cos,
    "Elliott": lambda z: z / (1.0 + np.abs(z)),
    "arctan": lambda z: 2.0 * np.arctan(z) / np.pi,
    "rectifier": lambda z: np.maximum(z, 0.0),
}
KINDS: Final = (*ACTIVATIONS, "threshold", "radialBasis")
METHODS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "none": lambda values: values,
    "softmax": softmax,
    "simplemax": lambda values: values / values.sum(axis=1, keepdims=True),
}


@dataclass
class Layer:
    """One layer. `weights` [what it sees, neurons]; `sees_all` when it looks further back than one layer."""

    kind: str
    weights: Floats
    bias: Floats
    normalize: Callable[[Floats], Floats]
    threshold: float
    leakage: float
    sees_all: bool
    width: Floats
    altitude: Floats
    connected: Floats

    def __call__(self, seen: Floats) -> Floats:
        """The neurons' values [rows, neurons]."""
        return self.normalize(self._activate(seen))

    def _activate(self, seen: Floats) -> Floats:
        if self.kind == "radialBasis":
            return self._radial(seen)
        z = seen @ self.weights + self.bias
        if self.kind == "threshold":
            return np.where(np.isnan(z), np.nan, z > self.threshold)
        if self.kind == "rectifier" and self.leakage:
            return np.where(z > 0.0, z, self.leakage * z)
        return np.asarray(ACTIVATIONS[self.kind](z), dtype=np.float64)

    def _radial(self, seen: Floats) -> Floats:
        """exp(fan-in * ln(altitude) - squared distance / (2 width²))."""
        pairs = zip(self.weights.T, self.connected.T, strict=True)
        squares = np.column_stack([(seen - centre) ** 2 @ linked for centre, linked in pairs])
        fan_in = self.connected.sum(axis=0)
        return np.asarray(np.exp(fan_in * np.log(self.altitude) - squares / (2.0 * self.width**2)))


class InputLayer:
    """The network's first values, [rows, inputs]."""

    def __init__(self, element: Element, compilation: Compilation) -> None:
        element.only("NeuralInput")
        self.ids: list[str] = []
        self._columns: list[Callable[[Batch], object]] = []
        slots: list[int] = []
        for one in element.all("NeuralInput"):
            expression = compile_derived(one.one("DerivedField"), compilation)
            self.ids.append(one.need("id"))
            if not expression.type.numeric:
                raise one.refusal("is text; accepted: a number, as by <NormDiscrete>")
            slot = expression.slot
            slots.append(
                compilation.program.add(expression.evaluate, expression.chain) if slot is None else slot
            )
        if len(set(self.ids)) < len(self.ids):
            raise element.refusal("has two inputs with the same id")
        self._gather = Gather(compilation.program, slots)

    def __call__(self, batch: Batch) -> Floats:
        return self._gather(batch)


@dataclass
class LayeredNetwork(Family):
    """Inputs, layers, and what the last values mean."""

    inputs: InputLayer
    layers: list[Layer]
    outputs: list[int]
    neurons: tuple[str, ...]
    classes: tuple[str, ...]
    restore: Callable[[Floats], Floats]

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the categories, or the number."""
        everything = seen = self.inputs(batch)
        keep = any(layer.sees_all for layer in self.layers) or (self.outputs and self.outputs[0] < 0)
        for layer in self.layers:
            seen = layer(everything if layer.sees_all else seen)
            if keep:
                everything = np.column_stack([everything, seen])
        values = seen[:, self.outputs]
        if self.classes:
            prediction = classified(values, self.classes)
            assert isinstance(prediction.value, Words)  # noqa: S101 - classes are words
            prediction.entity = Words(prediction.value.codes, self.neurons)
            return prediction
        return Predictions(self.restore(values[:, 0]))


def compile_network(element: Element, compilation: Compilation, target: Target) -> Family:
    """A NeuralNetwork.

    Raises:
        ModelRefused: a connection or an output names a neuron that is not there.
    """
    inputs = InputLayer(element.one("NeuralInputs"), compilation)
    layers, previous, places = [], inputs.ids, {name: i for i, name in enumerate(inputs.ids)}
    elements = element.all("NeuralLayer")
    for one in elements:
        layers.append(_read_layer(one, element, previous, places))
        previous = [neuron.need("id") for neuron in one.all("Neuron")]
        places |= {name: len(places) + i for i, name in enumerate(previous)}
        if len(places) != len(inputs.ids) + sum(len(layer.bias) for layer in layers):
            raise one.refusal("has a neuron whose id another has, too")
    outputs = _outputs_of(element.one("NeuralOutputs"), target, compilation.names)
    if not layers or not outputs:
        raise element.refusal("needs <NeuralLayer> and <NeuralOutput> inside")
    last = {name: i for i, name in enumerate(previous)}
    neurons = [output.need("outputNeuron") for output in outputs]
    for output, neuron in zip(outputs, neurons, strict=True):
        if neuron not in last:
            raise output.unknown("neuron of the last layer", neuron, last)
    classes, restore = _read_meaning(outputs, target, compilation.names)
    return LayeredNetwork(
        inputs, layers, [last[neuron] for neuron in neurons], tuple(neurons), classes, restore
    )


def _outputs_of(element: Element, target: Target, names: Names) -> Sequence[Element]:
    """The output neurons of the target, where there are several targets; else all of them."""
    outputs = element.all("NeuralOutput")
    fields = [_meaning(output.one("DerivedField"), names).get("field") for output in outputs]
    if target.name not in fields or len(set(fields)) == 1:
        return outputs
    return [output for output, field in zip(outputs, fields, strict=True) if field == target.name]


def _read_layer(element: Element, network: Element, previous: Sequence[str], places: dict[str, int]) -> Layer:
    element.only("Neuron")

    def inherited(name: str, default: float) -> float:
        own = element.maybe_number(name)
        return network.number(name, default) if own is None else own

    kind = element.choice("activationFunction", KINDS, network.get("activationFunction"))
    method = network.get("normalizationMethod") or "none"
    neurons = element.all("Neuron")
    before = {name: i for i, name in enumerate(previous)}
    links = [
        (connection, column) for column, neuron in enumerate(neurons) for connection in neuron.all("Con")
    ]
    sees_all = any(connection.need("from") not in before for connection, _ in links)
    known = places if sees_all else before
    weights, connected = np.zeros((len(known), len(neurons))), np.zeros((len(known), len(neurons)))
    for connection, column in links:
        source = connection.need("from")
        if source not in known:
            raise connection.unknown("neuron", source, known)
        weights[known[source], column] = connection.number("weight")
        connected[known[source], column] = 1.0
    width, altitude = inherited("width", np.nan if kind != "radialBasis" else 1.0), inherited("altitude", 1.0)
    return Layer(
        kind=kind,
        weights=weights,
        bias=np.array([neuron.number("bias", 0.0) for neuron in neurons]),
        normalize=element.choice("normalizationMethod", METHODS, method),
        threshold=inherited("threshold", 0.0),
        leakage=inherited("x-leakage", 0.0),
        sees_all=sees_all,
        width=np.array([neuron.number("width", width) for neuron in neurons]),
        altitude=np.array([neuron.number("altitude", altitude) for neuron in neurons]),
        connected=connected,
    )


def _meaning(derived: Element, names: Names) -> Element:
    """What an output neuron stands for, also where a FieldRef leaves it to another DerivedField."""
    seen: set[str] = set()
    while True:
        expression = derived.one("FieldRef", "NormContinuous", "NormDiscrete")
        name = expression.get("field") or ""
        source = names.source(name) if expression.tag == "FieldRef" else None
        if source is None:
            return expression
        if name in seen:
            raise expression.refusal(f"goes round in a circle by {name[:60]!r}")
        seen.add(name)
        derived = source


def _read_meaning(
    outputs: Sequence[Element], target: Target, names: Names
) -> tuple[tuple[str, ...], Callable[[Floats], Floats]]:
    """The categories of the output neurons, and how a number is brought back to the target's scale."""
    expressions = [_meaning(output.one("DerivedField"), names) for output in outputs]
    if target.function == "classification":
        for expression in expressions:
            if expression.tag != "NormDiscrete":
                raise expression.unsupported("is not scored in a classifier; supported: <NormDiscrete>")
        return tuple(target.label(expression.need("value")) for expression in expressions), lambda v: v
    if len(outputs) != 1:
        raise outputs[1].unsupported("is a second output; supported: one, for one target")
    expression = expressions[0]
    if expression.tag == "FieldRef":
        return (), lambda values: values
    points = [(p.number("orig"), p.number("norm")) for p in expression.all("LinearNorm")]
    if expression.tag != "NormContinuous" or len(points) < 2:
        raise expression.unsupported("is not scored in a regression; supported: <FieldRef>, <NormContinuous>")
    points.sort(key=lambda point: point[1])
    origs, norms = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    outliers = expression.get("outliers") or "asIs"
    return (), lambda values: interpolate(values, norms, origs, outliers)


NEURAL_NETWORK: Final = FamilyKind(
    tag="NeuralNetwork",
    name="neural network",
    contents=("NeuralInputs", "NeuralLayer", "NeuralOutputs"),
    compile=compile_network,
    counted={"Neuron": "neurons"},
    several_targets=True,
)
