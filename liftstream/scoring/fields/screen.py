"""Which inputs of a batch need their treatment."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.fields.treatment import NumberTreatment

SMALL_SET: Final = 8


class Screen:
    """Says, for all numeric inputs at once, which of them hold a value that their treatment would touch.

    Most batches are clean; then nothing more is done than a few comparisons over the whole block.
    """

    def __init__(self, treatments: Sequence[NumberTreatment]) -> None:
        width = len(treatments)
        self._low, self._high = np.full(width, -np.inf), np.full(width, np.inf)
        self._missing_matters = np.zeros(width, dtype=bool)
        self._always: list[int] = []
        whole: list[int] = []
        sets: dict[tuple[float, ...], list[int]] = {}
        markers: dict[tuple[float, ...], list[int]] = {}
        for place, treatment in enumerate(treatments):
            rule, data_field = treatment.rule, treatment.rule.field
            self._missing_matters[place] = (
                rule.missing_replacement is not None or rule.missing == "returnInvalid"
            )
            if data_field.type.datatype == "integer":
                whole.append(place)
            if len(treatment.missing):
                markers.setdefault(tuple(treatment.missing), []).append(place)
            if data_field.invalid or rule.outliers != "asIs":
                self._always.append(place)
            elif len(data_field.ranges) == 1 and not len(treatment.values):
                self._low[place], self._high[place] = data_field.ranges[0]
            elif len(treatment.values) and len(treatment.values) <= SMALL_SET:
                sets.setdefault(tuple(treatment.values), []).append(place)
            elif data_field.restricted:
                self._always.append(place)
        self._bounded = bool(np.isfinite(self._low).any() or np.isfinite(self._high).any())
        self._sets = [(np.array(places, dtype=np.intp), values) for values, places in sets.items()]
        self._markers = [(np.array(places, dtype=np.intp), values) for values, places in markers.items()]
        in_sets = {place for places in sets.values() for place in places}
        self._whole = np.array([place for place in whole if place not in in_sets], dtype=np.intp)
        self._any_missing = bool(self._missing_matters.any())

    def __call__(self, block: Floats) -> Iterable[int]:
        """The columns of the block that need a closer look."""
        found = list(self._always)
        if self._any_missing:
            found += np.flatnonzero(np.isnan(block).any(axis=0) & self._missing_matters).tolist()
        if self._bounded:
            found += np.flatnonzero(((block < self._low) | (block > self._high)).any(axis=0)).tolist()
        for places, values in self._markers:
            part = block[:, places]
            for value in values:
                found += places[(part == value).any(axis=0)].tolist()
        for places, values in self._sets:
            part = block[:, places]
            good = np.isnan(part)
            for value in values:
                good |= part == value
            found += places[~good.all(axis=0)].tolist()
        if len(self._whole):
            part = block[:, self._whole]
            found += self._whole[((part != np.floor(part)) & ~np.isnan(part)).any(axis=0)].tolist()
        return found
