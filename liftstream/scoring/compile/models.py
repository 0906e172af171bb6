"""One model of a document, whatever its family: mining schema, transformations, family, targets, outputs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from liftstream.scoring.batch.columns import Column
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.compile.outputs import compile_outputs
from liftstream.scoring.expressions.compile import define_derived
from liftstream.scoring.families.compiled import Compiled
from liftstream.scoring.families.kind import FamilyKind, ModelCompilation
from liftstream.scoring.families.registry import FAMILIES, REFUSED
from liftstream.scoring.families.several_targets import compile_several
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.fields import DataField, MiningField, read_mining_field, read_schema
from liftstream.scoring.fields.target import Target, read_target
from liftstream.scoring.fields.treatment import treat
from liftstream.scoring.xml.element import Element

MATHS: Final = {"double": False, "float": True}


def model_of(parent: Element) -> Element:
    """The model element inside a document or a segment: the first that is made for scoring.

    Raises:
        ModelUnsupported: there is none, or one that is not scored.
    """
    others: list[Element] = []
    for child in parent.children:
        if child.tag in REFUSED:
            raise child.unsupported(REFUSED[child.tag])
        if child.tag in FAMILIES:
            if child.flag("isScorable", True):
                return child
            others.append(child)
        elif child.tag not in BESIDE_MODELS and parent.tag not in FAMILIES:  # a family looked at its own
            raise child.unsupported(f"is not scored; supported models: {', '.join(FAMILIES)}")
    if others:
        return others[0]
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


def compile_inside(parent: Element, compilation: ModelCompilation) -> Compiled:
    """The model inside a document, a segment or another model; refuses as `model_of` and `compile_model` do."""
    return compile_model(model_of(parent), compilation, nested=True)


def compile_model(element: Element, outer: ModelCompilation, *, nested: bool = False) -> Compiled:
    """A model inside a document or a segment.

    Args:
        element: of the model.
        outer: with the names that the model's surroundings define.
        nested: whether it stands in another model, which has treated its fields already.

    Raises:
        ModelUnsupported: an element of it is not scored exactly here; the message names it.
        ModelRefused: it breaks the standard.
    """
    kind = FAMILIES[element.tag]
    element.only(*SURROUNDINGS, *kind.contents, *(FAMILIES if kind.holds_model else ()))
    if not element.flag("isScorable", True):
        raise element.unsupported("says isScorable=false: it was not made for scoring")
    maths = element.choice("x-mathContext", MATHS, "double")
    compilation = replace(outer, names=outer.names.inside(), float32=maths)
    target_names = _define_fields(element, compilation, nested)
    targets = [
        _ask_for(kind, element, read_target(element, compilation.dictionary, name))
        for name in target_names or (None,)
    ]
    several = len(targets) > 1 and kind.several_targets
    if several:
        targets = [target.of_its_own() for target in targets]
    target = targets[0]
    transformations = element.first("LocalTransformations")
    if transformations is not None:
        transformations.only("DerivedField")
        for derived in transformations.all("DerivedField"):
            define_derived(derived, compilation)
    family = (
        compile_several(element, compilation, targets, kind)
        if several
        else kind.compile(element, compilation, target)
    )
    segments = {segment.id: segment.model for segment in family.segments}
    if not family.targets:
        target = _predicted(targets, [segment.model.target for segment in family.segments])
    outputs = compile_outputs(element, compilation, target, family.targets, segments)
    inner = tuple(symbol for one in reversed(family.segments) for symbol in one.model.published)
    own = tuple(output.symbol for output in (*outputs, *family.shared))
    return Compiled(element, family, target, outputs, (*own, *inner))


def _ask_for(kind: FamilyKind, element: Element, target: Target) -> Target:
    """The target with a function that the family has: its only one, or that of the document."""
    if len(kind.functions) == 1:
        return replace(target, function=kind.functions[0])
    if target.function == "mixed" and target.type is not None and "mixed" not in kind.functions:
        return target.of_its_own()
    if target.function not in kind.functions:
        raise element.unsupported(
            f"has functionName={target.function!r}; supported: {', '.join(kind.functions)}"
        )
    return target


def _predicted(targets: Sequence[Target], of_segments: Sequence[Target]) -> Target:
    """Of several targets that of the last segment, which gives the prediction and says of what kind it is; else the first."""
    if not of_segments:
        return targets[0]
    last = of_segments[-1]
    found = next((target for target in targets if target.name == last.name), targets[0])
    return replace(found, function=last.function)


def _define_fields(element: Element, compilation: Compilation, nested: bool) -> list[str]:
    """Makes the fields known that a nested model treats in its own way; the names of its targets."""
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
        elif nested and rule.replaces:
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
