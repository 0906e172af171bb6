"""MiningModel: several models in segments, whose predictions are joined.

A segment scores the rows for which its predicate is true. Regression: sum, average, median, max and their weighted
forms. Classification: majorityVote and weightedMajorityVote count labels; average, weightedAverage, weightedMedian and
sum join probabilities class by class; max and median find the class whose greatest or median probability is greatest, and
give the probabilities of the segments that have it (or are nearest to it), on average. Those that are asked in their
order, selectFirst and modelChain, are in `segments.py`. A segment without a prediction is dealt with by
missingPredictionTreatment: the row has none either (`returnMissing`), or it is skipped, as long as not more than
missingThreshold of the weight is (`skipSegment`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Codes, Floats, Words
from liftstream.scoring.batch.prediction import Predictions, winner
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.predicates import predicate_of
from liftstream.scoring.families.compiled import Family, Segment
from liftstream.scoring.families.kind import FamilyKind, ModelCompilation
from liftstream.scoring.families.mining.combination import (
    STANDING,
    VOTES,
    Combination,
    average_of_standing,
    join_votes,
)
from liftstream.scoring.families.mining.segments import ModelChain, SelectFirst, share_outputs
from liftstream.scoring.families.tree.forest import Forest
from liftstream.scoring.families.tree.linear_tree import refuse_compacted
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.fields import read_schema
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

METHODS: Final = {
    name: name.removeprefix("x-")
    for name in (
        "majorityVote", "weightedMajorityVote", "average", "weightedAverage", "median", "weightedMedian",
        "x-weightedMedian", "max", "sum", "weightedSum", "x-weightedSum", "selectFirst", "modelChain",
        "x-multiModelChain", "multiModelChain",
    )
}  # fmt: skip
WEIGHTED: Final = {"weightedMajorityVote", "weightedAverage", "weightedMedian", "weightedSum"}
TREATMENTS: Final = ("returnMissing", "skipSegment", "continue")


@dataclass
class Parallel(Family):
    """Segments that are all asked, and their predictions joined."""

    segments: Sequence[Segment] = field()
    combination: Combination
    target: Target
    classes: tuple[str, ...]
    float32: bool
    keeps: bool

    def predict(self, batch: Batch) -> Predictions:
        """The joined prediction of every row."""
        everywhere = np.ones(batch.rows, dtype=bool)
        held = [segment.rows(batch) for segment in self.segments]
        scored = [s.score(batch, h) for s, h in zip(self.segments, held, strict=True)]
        where = np.stack([everywhere if h is None else h for h in held])
        weights = np.array([segment.weight for segment in self.segments])
        if self.target.function == "regression":
            prediction = self._numbers(scored, where, weights, batch.rows)
        else:
            prediction = self._classes(scored, where, weights, batch.rows)
        if self.keeps:
            pairs = zip(self.segments, scored, strict=True)
            prediction.segments = {segment.id: one for segment, one in pairs if one is not None}
        return prediction

    def _numbers(
        self, scored: Sequence[Predictions | None], held: Booleans, weights: Floats, rows: int
    ) -> Predictions:
        nothing = np.full(rows, np.nan)
        values = np.stack([nothing if one is None else one.value for one in scored])  # type: ignore[misc]
        counted, hopeless = self.combination.settle(~np.isnan(values), held, weights)
        return Predictions(self.combination.join_numbers(values, counted, hopeless, self.float32))

    def _classes(
        self, scored: Sequence[Predictions | None], held: Booleans, weights: Floats, rows: int
    ) -> Predictions:
        codes = np.stack([_align_codes(one, self.classes, rows) for one in scored])
        aligned = [_align_shares(one, self.classes, rows) for one in scored]
        return self._join(codes, lambda c: np.stack([a[:, c] for a in aligned]), held, weights)

    def _join(
        self, codes: Codes, of_class: Callable[[int], Floats], held: Booleans, weights: Floats
    ) -> Predictions:
        """The segments' classes [segments, rows] voted on, or their probabilities joined."""
        counted, hopeless = self.combination.settle(codes != MISSING, held, weights)
        if self.combination.method in VOTES:
            shares = join_votes(codes, counted, len(self.classes))
            hopeless = hopeless | self.combination.outvoted(shares, counted, held, weights)
        else:
            shares = self._join_shares(of_class, counted, hopeless)
        shares[hopeless] = np.nan
        return Predictions(winner(shares, self.classes), self.classes, shares)

    def _join_shares(self, of_class: Callable[[int], Floats], counted: Floats, hopeless: Booleans) -> Floats:
        """Probabilities joined class by class; `max` and `median` then take those of the segments that stand for it."""
        shares = [of_class(c) for c in range(len(self.classes))]
        joined = [self.combination.join_numbers(s, counted, hopeless, self.float32) for s in shares]
        result = np.stack(joined, axis=1)
        if self.combination.method in STANDING:
            return average_of_standing(np.stack(shares), result, counted)
        if self.combination.method in ("sum", "weightedMedian", "weightedSum"):
            result = result / result.sum(axis=1, keepdims=True)
        return result


@dataclass
class Grove(Parallel):
    """Trees in segments that hold for every row: walked together, joined like any others."""

    forest: Forest | None = None

    def predict(self, batch: Batch) -> Predictions:
        """The joined prediction of every row."""
        forest = self.forest
        assert forest is not None  # noqa: S101 - made with one
        states = forest.walk(batch)
        weights = np.array([segment.weight for segment in self.segments])
        held = np.ones(states.shape, dtype=bool)
        if forest.values is not None:
            values = forest.values.take(states)
            quick = self.combination.join_complete(values, weights, self.float32)
            if quick is not None:
                return Predictions(quick)
            counted, hopeless = self.combination.settle(~np.isnan(values), held, weights)
            return Predictions(self.combination.join_numbers(values, counted, hopeless, self.float32))
        assert forest.codes is not None  # noqa: S101 - trees have one or the other
        table = forest.probabilities

        def of_class(column: int) -> Floats:
            assert table is not None  # noqa: S101 - compile_mining looked
            return table[:, column].take(states)

        return self._join(forest.codes.take(states), of_class, held, weights)


def _align_codes(prediction: Predictions | None, classes: tuple[str, ...], rows: int) -> Codes:
    if prediction is None:
        return np.full(rows, MISSING)
    words = prediction.value
    assert isinstance(words, Words)  # noqa: S101 - compile_mining lets only classifiers into a classifier
    if words.vocabulary == classes:
        return words.codes
    place = {name: code for code, name in enumerate(classes)}
    table = np.array([*(place.get(word, MISSING) for word in words.vocabulary), MISSING], dtype=np.intp)
    return table[words.codes]


def _align_shares(prediction: Predictions | None, classes: tuple[str, ...], rows: int) -> Floats:
    if prediction is None or prediction.probabilities is None:
        return np.full((rows, len(classes)), np.nan)
    if prediction.classes == classes:
        return prediction.probabilities
    shares = np.zeros((rows, len(classes)))
    place = {name: code for code, name in enumerate(classes)}
    for column, name in enumerate(prediction.classes):
        if name in place:
            shares[:, place[name]] = prediction.probabilities[:, column]
    return shares


def compile_mining(element: Element, compilation: ModelCompilation, target: Target) -> Family:
    """A MiningModel.

    Raises:
        ModelUnsupported: it has no Segmentation, or joins what cannot be joined.
        ModelRefused: it holds linear trees that a converter broke.
    """
    if "LightGBM" in element.attributes.get("algorithmName", ""):
        refuse_compacted(element)
    segmentation = element.one("Segmentation")
    combination = _read_combination(segmentation)
    segments = [
        _compile_segment(one, i, compilation) for i, one in enumerate(segmentation.all("Segment"), start=1)
    ]
    if not segments:
        raise segmentation.refusal("needs <Segment> inside")
    output = element.first("Output")
    keeps = output is not None and any(f.get("segmentId") for f in output.all("OutputField"))
    if combination.method in ("modelChain", "multiModelChain"):
        return _compile_chain(element, segments, keeps, combination)
    if combination.method == "selectFirst":
        return _compile_first(element, segments, compilation, keeps, combination)
    return _compile_parallel(segmentation, segments, compilation, target, keeps, combination)


def _compile_chain(
    element: Element, segments: Sequence[Segment], keeps: bool, combination: Combination
) -> Family:
    joint = combination.method == "multiModelChain"
    named = {t.name: t for one in segments if (t := one.model.target).name is not None}
    targets = named if joint else _several_targets(element, segments)
    returns_missing = combination.treatment == "returnMissing"
    return ModelChain(segments, segments[-1].model.classes, returns_missing, keeps or joint, targets, joint)


def _compile_first(
    element: Element,
    segments: Sequence[Segment],
    compilation: Compilation,
    keeps: bool,
    combination: Combination,
) -> Family:
    functions = dict.fromkeys(one.model.target.function for one in segments)
    if len(functions) > 1:
        raise element.one("Segmentation").unsupported(
            f"selects among segments that differ: {', '.join(functions)}"
        )
    shared = share_outputs(segments, compilation.program)
    for one in shared:
        compilation.names.define(one.symbol)
    return SelectFirst(
        segments,
        tuple(dict.fromkeys(c for s in segments for c in s.model.classes)),
        combination.treatment == "skipSegment",
        keeps,
        "clustering" in functions,
        _several_targets(element, segments),
        shared,
    )


def _several_targets(element: Element, segments: Sequence[Segment]) -> dict[str, Target]:
    """Of segments that predict several of the targets that the model names those; none where it is one, as is usual.

    A segment of a chain that holds for every row is there for those after it, whatever it predicts.
    """
    names = read_schema(element)
    last = segments[-1]
    deciding = [one.model.target for one in segments if one is last or not one.predicate.constant]
    targets = {one.name: one for one in deciding if one.name is not None and one.name in names}
    return targets if len(targets) > 1 else {}


def _read_combination(segmentation: Element) -> Combination:
    """How the segments become one; JPMML writes with x- what the version does not have."""
    name = "missingPredictionTreatment"
    return Combination(
        segmentation.choice("multipleModelMethod", METHODS),
        segmentation.choice(name if segmentation.get(name) else f"x-{name}", TREATMENTS, "continue"),
        segmentation.number("missingThreshold", segmentation.number("x-missingThreshold", 1.0)),
    )


def _compile_parallel(
    element: Element,
    segments: Sequence[Segment],
    compilation: Compilation,
    target: Target,
    keeps: bool,
    combination: Combination,
) -> Family:
    method = combination.method
    numeric = target.function == "regression"
    if any((one.model.target.function == "regression") != numeric for one in segments):
        raise element.unsupported(f"joins segments of other functions than {target.function} by {method}")
    if method in VOTES and numeric:
        raise element.unsupported(f"joins segments of a {target.function} by {method}")
    if method not in WEIGHTED:
        for segment in segments:
            segment.weight = 1.0
    known = target.classes if target.function == "classification" else ()
    classes = tuple(dict.fromkeys(known or (c for s in segments for c in s.model.classes)))
    common = (segments, combination, target, classes, compilation.float32, keeps)
    trees = [segment.model.bare_family for segment in segments]
    if not keeps and all(s.predicate.constant for s in segments) and Forest.fits(trees):
        forest = Forest(trees, compilation.program)  # type: ignore[arg-type]
        if forest.values is not None or (
            forest.classes == classes and (method in VOTES or forest.probabilities is not None)
        ):
            return Grove(*common, forest=forest)
    return Parallel(*common)


def _compile_segment(element: Element, number: int, compilation: ModelCompilation) -> Segment:
    predicate = predicate_of(element, compilation)
    model = compilation.compile_model(element, compilation)
    for symbol in reversed(model.published):
        compilation.names.define(symbol)
    return Segment(element.get("id") or str(number), predicate, model, element.number("weight", 1.0))


MINING: Final = FamilyKind(
    tag="MiningModel",
    name="ensemble",
    contents=("Segmentation",),
    compile=compile_mining,
    functions=("regression", "classification", "clustering", "mixed"),
    counted={"TreeModel": "trees", "Node": "nodes"},
)
