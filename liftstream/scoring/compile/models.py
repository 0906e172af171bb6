"""One model of a document, whatever its family: mining schema, transformations, family, targets, outputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Column, Words
from liftstream.scoring.batch.prediction import Family, Prediction
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.compile.outputs import OutputColumn, compile_outputs
from liftstream.scoring.expressions.compile import define_derived
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.fields import DataField, MiningField, read_mining_field, read_schema, treat
from liftstream.scoring.fields.target import Target, read_target
from liftstream.scoring.xml.element import Element

MATHS: Final = {"double": False, "float": True}


@dataclass
class Compiled:
    """A compiled model. `published` are the fields of its outputs, which later segments may read; of a name the first."""

    element: Element
    family: Family
    target: Target
    outputs: Sequence[OutputColumn]
    published: tuple[Symbol, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories of a classifier in the order of its probabilities."""
        return self.family.classes or self.target.classes

    @property
    def bare_family(self) -> Family | None:
        """The family where nothing is done to its prediction afterwards."""
        plain = replace(self.target, name=None, type=None, display=None, function="regression")
        return None if self.outputs or plain != Target("regression") else self.family

    def score(self, batch: Batch) -> Prediction:
        """The finished prediction of every row; the outputs are filled in on the way."""
        prediction = self.target.finish(self.family.predict(batch))
        for output in self.outputs:
            batch.fill(output.symbol.slot, output.compute(batch, prediction))
        return prediction

    def nothing(self, rows: int) -> Prediction:
        """A prediction that is missing in every row."""
        if self.target.function == "regression":
            return Prediction(np.full(rows, np.nan))
        shares = np.full((rows, len(self.classes)), np.nan)
        return Prediction(Words(np.full(rows, MISSING), self.classes), self.classes, shares)


def model_of(parent: Element) -> Element:
    """The model element inside a document or a segment.

    Raises:
        ModelUnsupported: there is none, or one that is not scored.
    """
    from liftstream.scoring.families.registry import FAMILIES, REFUSED

    for child in parent.children:
        if child.tag in REFUSED:
            raise child.unsupported(REFUSED[child.tag])
        if child.tag in FAMILIES:
            return child
        if child.tag not in BESIDE_MODELS:
            raise child.unsupported(f"is not scored; supported models: {', '.join(FAMILIES)}")
    raise parent.refusal("holds no model")


BESIDE_MODELS: Final = {
    "Header",
    "MiningBuildTask",
    "DataDictionary",
    "TransformationDictionary",
    "True",
    "False",
    "SimplePredicate",
    "SimpleSetPredicate",
    "CompoundPredicate",
}


def compile_model(element: Element, outer: Compilation) -> Compiled:
    """A model inside a document or a segment.

    Args:
        element: of the model.
        outer: with the names that the model's surroundings define.

    Raises:
        ModelUnsupported: an element of it is not scored exactly here; the message names it.
        ModelRefused: it breaks the standard.
    """
    from liftstream.scoring.families.mining.mining import segments_of, shared_by_segments, targets_of
    from liftstream.scoring.families.registry import CONTENTS, FAMILIES, SURROUNDINGS
    from liftstream.scoring.families.several_targets import FAMILIES as OF_SEVERAL
    from liftstream.scoring.families.several_targets import compile_several

    element.only(*SURROUNDINGS, *CONTENTS[element.tag])
    if not element.flag("isScorable", True):
        raise element.unsupported("says isScorable=false: it was not made for scoring")
    maths = element.choice("x-mathContext", MATHS, "double")
    compilation = replace(outer.inside(), float32=maths)
    target_names = _define_fields(element, compilation)
    targets = [read_target(element, compilation.dictionary, name) for name in target_names or (None,)]
    several = len(targets) > 1 and element.tag in OF_SEVERAL
    if several:
        targets = [target.of_its_own() for target in targets]
    target = targets[0]
    transformations = element.first("LocalTransformations")
    if transformations is not None:
        transformations.only("DerivedField")
        for derived in transformations.all("DerivedField"):
            define_derived(derived, compilation)
    family = (
        compile_several(element, compilation, targets)
        if several
        else FAMILIES[element.tag](element, compilation, target)
    )
    segments = {segment.id: segment.model for segment in segments_of(family)}
    if not targets_of(family):
        target = _predicted(targets, [model.target.name for model in segments.values()])
    outputs = compile_outputs(element, compilation, target, targets_of(family), segments)
    inner = tuple(symbol for one in reversed(segments_of(family)) for symbol in one.model.published)
    own = tuple(output.symbol for output in (*outputs, *shared_by_segments(family)))
    return Compiled(element, family, target, outputs, (*own, *inner))


def _predicted(targets: Sequence[Target], names: Sequence[str | None]) -> Target:
    """Of several targets that of the last segment (`names` in order), which gives the prediction; else the first."""
    return next((target for target in targets if names and target.name == names[-1]), targets[0])


def _define_fields(element: Element, compilation: Compilation) -> list[str]:
    """Makes the fields known that this model treats in its own way; the names of its targets."""
    targets = []
    for name, field in read_schema(element).items():
        data_field = compilation.dictionary.get(name)
        if data_field is None:
            if field.get("usageType") in ("target", "predicted"):
                targets.append(name)
            else:
                _treat_made(compilation, name, field)
            continue
        rule = read_mining_field(field, data_field)
        if rule.usage == "target":
            targets.append(name)
        elif (
            rule.replaces
            and compilation.names.outer is not None
            and compilation.names.outer.outer is not None
        ):
            _define_treated(compilation, name, rule)
    return targets


def _treat_made(compilation: Compilation, name: str, element: Element) -> None:
    """A field that is not the dictionary's but was made before, as an output of an earlier segment, treated here."""
    symbol = compilation.names.find(name)
    if symbol is None:
        return
    rule = read_mining_field(element, DataField(name, replace(symbol.type, values=())))
    if rule.replaces:
        _define_treated(compilation, name, rule)


def _define_treated(compilation: Compilation, name: str, rule: MiningField) -> None:
    symbol = compilation.names.need(name, Element("MiningField", {}, 0, ""))

    def treated(batch: Batch) -> Column:
        return treat(batch.column(symbol.slot), rule, batch)

    compilation.names.derive(name, symbol.type, treated)
