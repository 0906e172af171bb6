"""Whether a stream provides the model's inputs, and the model provides the parts of the answer; checked before anything
is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from liftstream.contracts.errors import ModelUnfit
from liftstream.contracts.model_inputs import ModelInput, ModelOffer
from liftstream.streams.definition import Feature, FeatureType, Stream
from liftstream.streams.yaml_nodes import nearest

LISTED: Final = 5
MOMENTS: Final[Mapping[str, tuple[FeatureType, ...]]] = {
    "date": ("date",),
    "time": ("time",),
    "dateTime": ("datetime", "date"),
}
"""The types of features that fit a model's dates and times."""
FLAGS: Final = frozenset({"0", "1"})
"""A flag or boolean as text."""


@dataclass(frozen=True)
class ModelFit:
    """How a model and a stream go together.

    Attributes:
        source: the feature by the model's input, of the inputs that have one.
        problems: why the stream cannot be served by the model, each a sentence; empty: it can.
        notices: what should be known all the same.
        unused: features that the model does not ask for.
    """

    source: Mapping[str, str]
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    unused: tuple[str, ...]

    def raise_problems(self, model: object) -> None:
        """Raises the problems, if there are any.

        Raises:
            ModelUnfit: there is; the message names them all.
        """
        if self.problems:
            raise ModelUnfit(f"{model}: {'; '.join(self.problems)}")


def fit_model(stream: Stream, model: ModelOffer) -> ModelFit:
    """Matches a model's inputs with a stream's features, by the definition's `model` or by name.

    Args:
        stream: the stream that is to be scored.
        model: what it asks for and gives.
    """
    features = {feature.name: feature for feature in stream.features}
    wanted = {one.name: features.get(stream.inputs.get(one.name, one.name)) for one in model.inputs}
    problems = list(_not_provided(stream, wanted))
    notices: list[str] = []
    for one in model.inputs:
        feature = wanted[one.name]
        if feature is None:
            continue
        problem = _misfit(one, feature)
        if problem:
            problems.append(problem)
        else:
            notices += _notices(one, feature)
    problems += _unmapped(stream, model)
    problems += _unanswerable(stream, model)
    used = {feature.name for feature in wanted.values() if feature is not None}
    unused = tuple(name for name in stream.feature_names if name not in used)
    if unused:
        notices.append(f"the model does not use {listed(unused)}")
    source = {name: feature.name for name, feature in wanted.items() if feature is not None}
    return ModelFit(source, tuple(problems), tuple(notices), unused)


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Some names, and how many more there are."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _not_provided(stream: Stream, wanted: Mapping[str, Feature | None]) -> Iterator[str]:
    """The inputs that no feature provides."""
    strange = [name for name, feature in wanted.items() if feature is None]
    if strange:
        near = nearest(strange[0], stream.feature_names)
        other = "; a model for other topics needs another definition (docs/streams.md)"
        yield (
            f"asks for {listed(strange)}, and no side of {stream.name} provides it; declare the feature, or name"
            f" the one that it is under model: {{{strange[0]}: FEATURE}}{near}"
            f"{other if len(strange) == len(wanted) else ''}"
        )


def _misfit(field: ModelInput, feature: Feature) -> str | None:
    """Why a feature does not fit a field; None if it does."""
    told = f"{field.name} is of type {field.datatype}"
    given = f"the feature {feature.name} is a {feature.type}"
    if field.datatype == "string":
        if feature.type in ("flag", "boolean") and field.categories and not FLAGS & set(field.categories):
            return f"{told} with {listed(field.categories)}; {given}, which is 0 or 1"
        return None
    if field.datatype in MOMENTS:
        accepted = MOMENTS[field.datatype]
    elif field.datatype == "boolean":
        accepted = ("boolean", "flag")
    else:
        accepted = ("number", "flag", "boolean")
    return None if feature.type in accepted else f"{told}; {given}; it must be a {' or '.join(accepted)}"


def _notices(field: ModelInput, feature: Feature) -> Iterator[str]:
    if field.refuses_missing and feature.missing is None:
        yield f"{feature.name} may be missing, and the model gives such rows no score; set missing to a value"
    if feature.type == "text" and field.categories and field.refuses_unknown:
        strange = [str(one) for one in feature.categories if one not in field.categories]
        if strange or not feature.categories:
            others = (
                listed(strange)
                if strange
                else f"another text than the {len(field.categories)} it was trained on"
            )
            yield f"{feature.name} may be {others}, to which the model gives no score"


def _unmapped(stream: Stream, model: ModelOffer) -> Iterator[str]:
    """Fields that the definition names and the model does not have."""
    names = [one.name for one in model.inputs]
    for name in stream.inputs:
        if name not in names:
            yield f"{stream.name} names the model's input {name}, which it does not have{nearest(name, names)}"


def _unanswerable(stream: Stream, model: ModelOffer) -> Iterator[str]:
    """What the answer asks for and the model does not give."""
    if stream.decision == "class" and model.function == "regression":
        yield "decision: class needs a classifier, and this is a regression; take threshold or none"
    for field in stream.answer.fields:
        if field.source == "probability" and field.of not in model.classes:
            has = f"its classes are {listed(model.classes)}" if model.classes else f"it is a {model.function}"
            yield f"the answer's {field.name} is probability({field.of}), which the model does not give: {has}"
        if field.source == "output" and field.of not in model.outputs:
            near = nearest(field.of or "", model.outputs)
            has = f"it has {listed(model.outputs)}" if model.outputs else "it has none"
            yield f"the answer's {field.name} is output({field.of}), which the model does not have: {has}{near}"
