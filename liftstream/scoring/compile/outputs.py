"""Output: the result columns that a document names, worked out from the prediction.

predictedValue, predictedDisplayValue, probability, confidence, affinity, entityId, clusterId and their affinities,
reasonCode, ruleValue, standardError, transformedValue and decision (an expression over fields and earlier outputs,
mapped by Decisions), warning. What needs more than the row and the model (residual) reads the target's field. An
output with a segmentId says this of that segment; its transformedValue is then an output of the segment's, named by
`value` (or by a FieldRef).
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, Words, constant, encode
from liftstream.scoring.batch.prediction import Predictions, affinity, at_rank, confidences_of, entity, share
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.casting import cast, convert
from liftstream.scoring.expressions.compile import compile_expression
from liftstream.scoring.expressions.expression import EXPRESSIONS
from liftstream.scoring.families.compiled import Compiled, Compute, OutputColumn
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import DOUBLE, NAN, OPTYPES, STRING, FieldType, read_datatype


def compile_outputs(
    element: Element,
    compilation: Compilation,
    target: Target,
    targets: Mapping[str, Target],
    segments: Mapping[str, Compiled],
) -> list[OutputColumn]:
    """The OutputFields of a model, in order; each is a field for those after it.

    Args:
        element: of the model.
        compilation: with the names that it defines.
        target: of the model.
        targets: where it has several, all of them by name.
        segments: of a segmentation, the models by segment id.

    Raises:
        ModelUnsupported: one asks for something that is not worked out here.
        ModelRefused: one asks a segment for an output that it does not have.
    """
    output = element.first("Output")
    if output is None:
        return []
    output.only("OutputField")
    columns = []
    for one in output.all("OutputField"):
        inside = segments.get(one.get("segmentId") or "")
        column = _compile_field(one, compilation, inside.target if inside else target, targets, inside)
        compilation.names.define(column.symbol)
        columns.append(column)
    return columns


def _compile_field(
    element: Element,
    compilation: Compilation,
    target: Target,
    targets: Mapping[str, Target],
    inside: Compiled | None,
) -> OutputColumn:
    of = element.get("targetField")
    if of is not None and target.name is not None and of not in (target.name, *targets):
        raise element.unsupported(f"has targetField={of[:60]!r}; the model's target is {target.name!r}")
    target = target if of is None else targets.get(of, target)
    feature = element.get("feature") or "predictedValue"
    value = element.get("value")
    if value is not None and feature in ("probability", "confidence", "residual"):
        value = target.label(value)
    asked = _published(element, feature, inside)
    natural, compute = asked or _feature(element, feature, value, compilation, target)
    segment = element.get("segmentId")
    if segment is not None:
        compute = _of_part(compute, lambda p: p.segments.get(segment), natural)
    elif of is not None and of in targets:
        compute = _of_part(compute, lambda p: p.targets.get(of), natural)
    datatype = read_datatype(element, natural.datatype)
    wanted = FieldType(datatype, element.choice("optype", OPTYPES, natural.optype), natural.values)
    name = element.need("name")
    slot = compilation.program.add(_blank(wanted))
    if wanted.datatype != natural.datatype:
        inner = compute

        def compute(batch: Batch, prediction: Predictions) -> Column:
            return convert(inner(batch, prediction), natural, wanted, name, batch)

    return OutputColumn(
        Symbol(name, wanted, slot), feature, value, compute, element.flag("isFinalResult", True)
    )


def _blank(field_type: FieldType) -> Callable[[Batch], Column]:
    """What an output holds in rows that its model did not score."""
    if field_type.numeric:
        return lambda batch: np.full(batch.rows, NAN)
    return lambda batch: constant(None, batch.rows)


def _of_part(
    compute: Compute, part: Callable[[Predictions], Predictions | None], natural: FieldType
) -> Compute:
    """What an output says of one segment or target."""

    def of_part(batch: Batch, prediction: Predictions) -> Column:
        one = part(prediction)
        return _blank(natural)(batch) if one is None else compute(batch, one)

    return of_part


def _published(element: Element, feature: str, inside: Compiled | None) -> tuple[FieldType, Compute] | None:
    """The output of a segment that a transformedValue names; None where it has an expression of its own."""
    expression = element.first(*EXPRESSIONS)
    if feature != "transformedValue" or element.get("segmentId") is None:
        return None
    if expression is not None and (expression.tag != "FieldRef" or inside is None):
        return None
    if inside is None:
        return STRING, lambda batch, _: constant(None, batch.rows)
    name = element.need("value") if expression is None else expression.need("field")
    found = {symbol.name: symbol for symbol in reversed(inside.published)}
    if name in found:
        return found[name].type, lambda batch, _: batch.column(found[name].slot)
    if expression is not None:
        return None
    raise element.refusal(f"has value={name[:60]!r}; outputs of the segment: {', '.join(found) or 'none'}")


def _feature(
    element: Element, feature: str, value: str | None, compilation: Compilation, target: Target
) -> tuple[FieldType, Compute]:
    """The natural type of an output feature, and how it is worked out."""
    if feature in ("transformedValue", "decision"):
        return _transformed(element, compilation)
    if element.first(*EXPRESSIONS) is not None:
        raise element.unsupported(f"has an expression and feature={feature!r}; supported: transformedValue")
    numeric_target = target.function == "regression"
    simple: dict[str, tuple[FieldType, Compute]] = {
        "predictedValue": (DOUBLE if numeric_target else STRING, lambda _, p: p.value),
        "predictedDisplayValue": (STRING, lambda _, p: _display(p, target)),
        "probability": (DOUBLE, lambda _, p: share(p.probabilities, p, value)),
        "confidence": (DOUBLE, lambda _, p: share(confidences_of(p), p, value)),
        "entityId": (STRING, lambda _, p: _entity_at(p, rank)),
        "clusterId": (STRING, lambda _, p: _entity_at(p, rank)),
        "affinity": (DOUBLE, lambda _, p: affinity(p, value, rank)),
        "entityAffinity": (DOUBLE, lambda _, p: affinity(p, value, rank)),
        "clusterAffinity": (DOUBLE, lambda _, p: affinity(p, value, rank)),
        "reasonCode": (STRING, lambda batch, p: _ranked(p, "reasonCode", rank) or constant(None, batch.rows)),
        "standardError": (DOUBLE, lambda batch, p: _numbers(p.standard_errors, batch)),
        "standardDeviation": (DOUBLE, lambda batch, p: _numbers(p.standard_errors, batch)),
        "warning": (STRING, lambda batch, _: constant(None, batch.rows)),
    }
    rank = element.whole("rank", 1)
    if rank < 1:
        raise element.refusal(f"has rank={rank}; accepted: 1 or more")
    element.choice("rankOrder", {"descending": True}, "descending")
    if feature == "ruleValue":
        return _rule_value(element, rank)
    if feature == "residual":
        return _residual(element, compilation, target, value)
    if feature not in simple:
        raise element.unsupported(
            f"has feature={feature[:60]!r}; supported: {', '.join((*simple, 'ruleValue', 'transformedValue'))}"
        )
    natural, compute = simple[feature]
    if rank == 1 or feature not in OF_A_CLASS or value is not None:
        return natural, compute
    if numeric_target:
        raise element.unsupported(f"has rank={rank}, and the model predicts one number")
    return natural, lambda batch, p: compute(batch, at_rank(p, rank))


OF_A_CLASS: Final = {"predictedValue", "predictedDisplayValue", "probability", "confidence"}
"""What can be asked of the second best class and so on."""


RULE_FEATURES: Final = ("ruleId", "consequent", "antecedent", "rule", "confidence")


def _rule_value(element: Element, rank: int) -> tuple[FieldType, Compute]:
    asked = element.choice("ruleFeature", RULE_FEATURES, "consequent")
    return STRING, lambda batch, p: _ranked(p, f"rule.{asked}", rank) or constant(None, batch.rows)


def _residual(
    element: Element, compilation: Compilation, target: Target, value: str | None
) -> tuple[FieldType, Compute]:
    """What the target's field says less what the model does: of a class, the predicted one where none is named, 1 or 0
    less its probability."""
    if target.name is None:
        raise element.unsupported("asks for a residual, and the model's target has no name")
    actual = compilation.names.need(target.name, element)
    if target.function == "regression":
        if not actual.type.numeric:
            raise element.unsupported(f"asks for a residual of the text {target.name[:60]!r}")
        return DOUBLE, lambda batch, p: batch.numbers(actual.slot) - p.value

    def of_class(batch: Batch, prediction: Predictions) -> Column:
        column = convert(batch.column(actual.slot), actual.type, STRING, actual.name, batch)
        assert isinstance(column, Words)  # noqa: S101 - they were made text
        labels = column.map(target.label)
        predicted = constant(value, batch.rows) if value is not None else prediction.value
        assert isinstance(predicted, Words)  # noqa: S101 - of a classifier
        hit = np.where(labels.codes < 0, NAN, labels.objects() == predicted.objects())
        return hit - share(prediction.probabilities, prediction, value)

    return DOUBLE, of_class


def _transformed(element: Element, compilation: Compilation) -> tuple[FieldType, Compute]:
    expression = compile_expression(element.one(*EXPRESSIONS), compilation)
    wanted = FieldType(read_datatype(element, expression.type.datatype), expression.type.optype)
    finished = cast(expression, wanted, element)
    return wanted, lambda batch, _: finished.evaluate(batch)


def _entity_at(prediction: Predictions, rank: int) -> Words:
    listed = _ranked(prediction, "entityId", rank)
    if listed is not None:
        return listed
    return entity(prediction) if rank == 1 else constant(None, len(prediction.value))


def _ranked(prediction: Predictions, name: str, rank: int) -> Words | None:
    listed = prediction.ranked.get(name)
    if listed is None:
        return None
    if rank > listed.shape[1]:
        return constant(None, len(listed))
    return encode(listed[:, rank - 1].tolist())


def _numbers(values: Floats | None, batch: Batch) -> Floats:
    return np.full(batch.rows, NAN) if values is None else values


def _display(prediction: Predictions, target: Target) -> Column:
    words = prediction.value
    if not isinstance(words, Words):
        return encode([None if np.isnan(v) else repr(v) for v in words.tolist()])
    shown = prediction.display or target.display or {}
    return words.map(lambda word: shown.get(word, word))
