"""Segments of a MiningModel that are asked in their order: each scores the rows for which its predicate is true.

selectFirst takes the first segment that holds; modelChain lets the outputs of one segment be inputs of the next and
gives the last one's prediction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from liftstream.scoring.batch.columns import (
    MISSING,
    Booleans,
    Codes,
    Column,
    Floats,
    Words,
    choose,
    is_missing,
)
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Program
from liftstream.scoring.families.compiled import Family, OutputColumn, Segment
from liftstream.scoring.fields.target import Target


@dataclass
class SelectFirst(Family):
    """The first segment whose predicate is true gives the prediction; its id is the entity that decided.

    Among clusterings (`clusters`) that is the cluster. `shared` are outputs that several segments have by one name: a
    row has that of the segment which was taken for it. Of several `targets` a row has the one of that segment.
    """

    segments: Sequence[Segment] = field()
    classes: tuple[str, ...]
    skips: bool
    keeps: bool
    clusters: bool
    targets: Mapping[str, Target] = field()
    shared: Sequence[OutputColumn] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The prediction of every row, missing where no segment holds."""
        free = np.ones(batch.rows, dtype=bool)
        result: Predictions | None = None
        found: dict[int, Predictions] = {}
        chosen = np.full(batch.rows, MISSING)
        for number, segment in enumerate(self.segments):
            held = segment.rows(batch)
            mine = free if held is None else free & held
            if not mine.any():
                continue
            scored = segment.score(batch, mine)
            if scored is not None and self.skips:
                mine = mine & ~is_missing(scored.value)
            if scored is not None:
                found[number] = scored
            result = merge(result, scored, mine)
            chosen[mine] = number
            free = free & ~mine
        if result is None:
            result = self.segments[0].model.nothing(batch.rows)
        ids = Words(chosen, tuple(segment.id for segment in self.segments))
        targets = part_by_target(self.segments, self.targets, found, chosen, batch.rows)
        kept = {self.segments[number].id: one for number, one in found.items()} if self.keeps else {}
        return replace(result, entity=None if self.clusters else ids, segments=kept, targets=targets)


@dataclass
class ModelChain(Family):
    """Segments one after the other; the last one that holds for a row gives its prediction.

    Where that one has not the chain's target (it was to feed a later one, which does not hold) there is none.
    Earlier segments publish their outputs. Of several `targets` a row has the one of that segment, or where they are
    `joint` (an addition of JPMML's) all.
    """

    segments: Sequence[Segment] = field()
    classes: tuple[str, ...]
    returns_missing: bool
    keeps: bool
    targets: Mapping[str, Target] = field()
    joint: bool

    def predict(self, batch: Batch) -> Predictions:
        """The prediction of every row, missing where no segment holds."""
        result: Predictions | None = None
        found: dict[int, Predictions] = {}
        chosen = np.full(batch.rows, MISSING)
        own = {*self.targets, self.segments[-1].model.target.name}
        lost = np.zeros(batch.rows if self.returns_missing else 0, dtype=bool)
        for number, segment in enumerate(self.segments):
            held = segment.rows(batch)
            scored = segment.score(batch, held)
            if scored is None:
                continue
            if self.returns_missing:
                lost |= is_missing(scored.value) if held is None else is_missing(scored.value) & held
            found[number] = scored
            chosen[slice(None) if held is None else held] = number
            if segment.model.target.name not in own:
                scored = self.segments[-1].model.nothing(batch.rows)
            result = scored if held is None or held.all() else merge(result, scored, held)
        if result is None:
            result = self.segments[-1].model.nothing(batch.rows)
        if lost.any():
            result = merge(self.segments[-1].model.nothing(batch.rows), result, ~lost)
        if self.keeps:
            result.segments = {self.segments[number].id: one for number, one in found.items()}
        result.targets = part_by_target(
            self.segments, self.targets, found, None if self.joint else chosen, batch.rows
        )
        return result


def part_by_target(
    segments: Sequence[Segment],
    targets: Mapping[str, Target],
    found: Mapping[int, Predictions],
    chosen: Codes | None,
    rows: int,
) -> dict[str, Predictions]:
    """For each target the prediction of its segment, in the rows for which it was `chosen` (None: in all)."""
    parts: dict[str, Predictions] = {}
    for number, segment in enumerate(segments):
        name = segment.model.target.name
        if name is None or name not in targets:
            continue
        nothing = segment.model.nothing(rows)
        one = found.get(number, nothing)
        parts[name] = one if chosen is None else merge(parts.get(name, nothing), one, chosen == number)
    return parts


def share_outputs(segments: Sequence[Segment], program: Program) -> list[OutputColumn]:
    """One output for each name that several segments give to theirs, with the value of the segment that has one."""
    named: dict[str, list[OutputColumn]] = {}
    for segment in segments:
        for output in segment.model.outputs:
            named.setdefault(output.symbol.name, []).append(output)
    return [_share(outputs, program) for outputs in named.values() if len(outputs) > 1]


def _share(outputs: Sequence[OutputColumn], program: Program) -> OutputColumn:
    first = outputs[0].symbol
    slots = [one.symbol.slot for one in outputs if one.symbol.type.numeric == first.type.numeric]

    def evaluate(batch: Batch) -> Column:
        column = batch.column(slots[0])
        for slot in slots[1:]:
            column = choose(~is_missing(column), column, batch.column(slot))
        return column

    return replace(outputs[0], symbol=first._replace(slot=program.add(evaluate)))


def merge(before: Predictions | None, now: Predictions | None, mine: Booleans) -> Predictions:
    """`now` in the rows that are `mine`, `before` elsewhere."""
    if now is None or before is None:
        found = now if before is None else before
        assert found is not None  # noqa: S101 - one of both is there
        return found
    if isinstance(before.value, Words) != isinstance(now.value, Words):
        return now
    classes = tuple(dict.fromkeys((*before.classes, *now.classes)))

    def shares(prediction: Predictions, name: str) -> Floats | None:
        matrix = getattr(prediction, name)
        if matrix is None:
            return None
        wide = np.zeros((len(matrix), len(classes)))
        wide[:, [classes.index(c) for c in prediction.classes]] = matrix
        return wide

    def either(name: str) -> Floats | None:
        a, b = shares(now, name), shares(before, name)
        if a is None and b is None:
            return None
        blank = np.full((len(mine), len(classes)), np.nan)
        return np.where(mine[:, None], blank if a is None else a, blank if b is None else b)

    entity = None
    if before.entity is not None and now.entity is not None:
        entity = choose(mine, now.entity, before.entity)
    return Predictions(
        value=choose(mine, now.value, before.value),
        classes=classes,
        probabilities=either("probabilities"),
        confidences=either("confidences"),
        entity=entity,  # type: ignore[arg-type]
    )
