"""Columns of many decoded records, and the features made from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.definition import REQUIRED, Feature, SideDefinition
from pipeline.records.feature_rows import FeatureRows, Values, all_rows, rows_of
from pipeline.records.id_columns import Mask
from pipeline.records.words import NO_WORD, UNFIT, Vocabulary

Target: TypeAlias = int | Literal["id", "time"]
"""What a value is for: the column of a feature, the id, the event time."""
ID: Final = "id"
TIME: Final = "time"
LARGEST_EXACT: Final = 2.0**53 - 1
"""Largest whole number that float64 holds exactly; beyond it a range is checked with care."""


class ColumnBlock(NamedTuple):
    """Adjacent features: the first one's column, and their values."""

    first: int
    rows: FeatureRows


@dataclass
class RecordColumns:
    """The content of records as columns, a row each.

    Attributes:
        count: of the records.
        numbers: values of features whose values are numbers, by column; NaN where there is none.
        texts: of the others, as they were decoded.
        blocks: numbers of many features at once.
        ids, times: as they were decoded; None where records do not hold them.
    """

    count: int
    numbers: dict[int, Values] = field(default_factory=dict)
    texts: dict[int, Sequence[Any]] = field(default_factory=dict)
    blocks: list[ColumnBlock] = field(default_factory=list)
    ids: Sequence[Any] | None = None
    times: Sequence[Any] | None = None

    def put(self, target: Target, values: Any, *, numeric: bool) -> None:
        """Takes in what was decoded of one value."""
        if target == ID:
            self.ids = values
        elif target == TIME:
            self.times = values
        elif isinstance(target, int) and numeric:
            self.numbers[target] = _numbers(values)
        elif isinstance(target, int):
            self.texts[target] = values

    def at(self, rows: NDArray[np.intp]) -> "RecordColumns":
        """The columns of some of the records."""
        return RecordColumns(
            len(rows),
            {column: values[rows] for column, values in self.numbers.items()},
            {column: _chosen(values, rows) for column, values in self.texts.items()},
            [ColumnBlock(one.first, one.rows.at(rows)) for one in self.blocks],
            None if self.ids is None else _chosen(self.ids, rows),
            None if self.times is None else _chosen(self.times, rows),
        )


def all_columns(parts: Sequence[RecordColumns]) -> RecordColumns:
    """Columns of several batches as one."""
    first = parts[0]
    return RecordColumns(
        sum(one.count for one in parts),
        {column: np.concatenate([one.numbers[column] for one in parts]) for column in first.numbers},
        {column: _chained([one.texts[column] for one in parts]) for column in first.texts},
        [
            ColumnBlock(block.first, all_rows([one.blocks[at].rows for one in parts]))
            for at, block in enumerate(first.blocks)
        ],
        None if first.ids is None else _chained([one.ids or () for one in parts]),
        None if first.times is None else _chained([one.times or () for one in parts]),
    )


def _chosen(values: Sequence[Any], rows: NDArray[np.intp]) -> Sequence[Any]:
    if isinstance(values, np.ndarray):
        return values[rows]
    return [values[row] for row in rows.tolist()]


def _chained(parts: Sequence[Sequence[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    try:
        return np.fromiter(values, np.float64, len(values))
    except TypeError:  # null, which numpy takes as NaN in a list only
        return np.array(values, np.float64)


class FeatureColumns:
    """Makes features of columns, with what the definition says of ranges, categories and missing values.

    Args:
        side: as defined.
        vocabularies: the vocabularies of its features that are no numbers, by column.
    """

    def __init__(self, side: SideDefinition, vocabularies: Mapping[int, Vocabulary]) -> None:
        self._width, self._vocabularies = len(side.features), vocabularies
        features = list(enumerate(side.features))
        numeric = [(column, one) for column, one in features if one.numeric]
        bounds = [(column, *_bounds(one)) for column, one in numeric]
        bounded = [one for one in bounds if one[1:] != (-np.inf, np.inf)]
        self._bounded = np.array([column for column, _, _ in bounded], np.intp)
        self._lows = np.array([low for _, low, _ in bounded])
        self._highs = np.array([high for _, _, high in bounded])
        self._flags = np.array([column for column, one in numeric if one.type == "flag"], np.intp)
        self._categories = [(column, one.categories) for column, one in numeric if one.categories]
        place = {one.name: column for column, one in features}
        self._opposites = [(column, place[one.opposite]) for column, one in numeric if one.opposite]
        self._filled = [
            (column, float(one.missing))
            for column, one in numeric
            if one.missing is not REQUIRED and isinstance(one.missing, int | float)
        ]

    def make(self, found: RecordColumns) -> tuple[FeatureRows, Mask | None]:
        """Features, and which records must be read with care after all; None: none."""
        rows = self._whole(found)
        if rows is not None and not (len(self._bounded) or self._categories or self._opposites):
            return rows, None
        values = self._values(found) if rows is None else rows.numbers() if rows.exact else rows.small
        unfit = self._unfit(values, found.count)
        if rows is None:
            values[unfit] = 0
            if values.dtype != np.uint8:
                self._fill(values)
            rows = (
                FeatureRows(values) if values.dtype == np.uint8 else rows_of(values.astype(float, copy=False))
            )
        return rows, unfit if unfit.any() else None

    def _whole(self, found: RecordColumns) -> FeatureRows | None:
        """The block, if it has all features."""
        if len(found.blocks) == 1 and found.blocks[0].rows.width == self._width:
            return found.blocks[0].rows
        return None

    def _values(self, found: RecordColumns) -> Any:
        """All values in one matrix, codes of words for texts, NaN for what is missing, `UNFIT` for what does
        not fit."""
        small = not (found.numbers or found.texts) and not any(
            one.rows.is_wide or one.rows.exact for one in found.blocks
        )
        values: Any = np.empty((found.count, self._width), np.uint8 if small else np.float64)
        for first, rows in found.blocks:
            values[:, first : first + rows.width] = rows.numbers() if rows.exact else rows.small
        for column, numbers in found.numbers.items():
            values[:, column] = numbers
        for column, texts in found.texts.items():
            codes = self._vocabularies[column].read(texts, found.count)
            codes[codes == NO_WORD] = np.nan
            values[:, column] = codes
        return values

    def _unfit(self, values: NDArray[Any], count: int) -> Mask:
        unfit = np.zeros(count, bool)
        if len(self._bounded):
            within = values[:, self._bounded]
            unfit |= ((within < self._lows) | (within > self._highs)).any(axis=1)
        if len(self._flags) and values.dtype != np.uint8:
            flags = values[:, self._flags]
            unfit |= ((flags > 0) & (flags < 1)).any(axis=1)
        for column, categories in self._categories:
            unfit |= ~(np.isin(values[:, column], categories) | (values[:, column] != values[:, column]))
        for column, other in self._opposites:
            unfit |= values[:, column] == values[:, other]
        for column in self._vocabularies:
            unfit |= values[:, column] == UNFIT
        return unfit

    def _fill(self, values: NDArray[Any]) -> None:
        for column, number in self._filled:
            gone = np.isnan(values[:, column])
            if gone.any():
                values[gone, column] = number


def _bounds(feature: Feature) -> tuple[float, float]:
    if feature.type in ("flag", "boolean"):
        return 0.0, 1.0
    if feature.low is None and feature.high is None:
        return -np.inf, np.inf
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    return max(low, -LARGEST_EXACT), min(high, LARGEST_EXACT)
