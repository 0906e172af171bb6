"""From what a caller has (columns of any kind, or a matrix of numbers) to the treated block and words of a batch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import MISSING, Floats, WordBuilder, Words
from liftstream.scoring.batch.program import Batch, Program, Symbol
from liftstream.scoring.fields.fields import MiningField
from liftstream.scoring.fields.treatment import NumberTreatment, WordTreatment
from liftstream.scoring.xml.types import FLOAT32_MAX, NAN, number_of, write_number

SMALL_SET: Final = 8
MANY_WORDS: Final = 64
TRUTHS: Final = {"true": 1.0, "false": 0.0}


class CodedWords(Protocol):
    """The words that codes stand for."""

    @property
    def words(self) -> Sequence[str]:
        """By code; more may come."""


class Input(NamedTuple):
    """A field that the caller gives."""

    symbol: Symbol
    rule: MiningField


class Inputs:
    """The fields that a model asks for, in the order in which it was compiled."""

    def __init__(self, program: Program, given: Sequence[Input]) -> None:
        self.program, self.given = program, tuple(given)
        self.numeric = [one for one in given if one.symbol.type.numeric]
        self.textual = [one for one in given if not one.symbol.type.numeric]
        self.names = tuple(one.symbol.name for one in given)
        self.slots = tuple(one.symbol.slot for one in given)
        self._treatments = [NumberTreatment(one.rule) for one in self.numeric]
        self._word_treatments = [WordTreatment(one.rule) for one in self.textual]
        self._screen = Screen(self._treatments)
        self._float32 = np.array([one.symbol.type.float32 for one in self.numeric], dtype=bool)
        self._any_float32 = bool(self._float32.any())
        self._all_float32 = bool(self._float32.all())

    def from_columns(self, columns: Mapping[str, Any], rows: int) -> Batch:
        """A batch of named columns: arrays, lists or series of numbers, text, booleans; an absent one is missing."""
        block = np.full((rows, self.program.width), NAN)
        unreadable: dict[int, Words] = {}
        for place, one in enumerate(self.numeric):
            if one.symbol.name in columns:
                block[:, place], bad = read_numbers(columns[one.symbol.name], one.symbol.type.datatype)
                if bad is not None:
                    unreadable[place] = bad
        batch = self._batch(block, unreadable)
        for one, treatment in zip(self.textual, self._word_treatments, strict=True):
            raw = columns.get(one.symbol.name)
            words = (
                Words(np.full(rows, MISSING), ())
                if raw is None
                else read_words(raw, one.symbol.type.datatype)
            )
            batch.fill(one.symbol.slot, treatment(words, batch))
        return batch

    def matrix_reader(
        self,
        names: Sequence[str],
        position: Mapping[str, int] | None = None,
        vocabularies: Mapping[int, CodedWords] | None = None,
    ) -> Callable[[Floats], Batch]:
        """Makes batches of matrices whose columns are `names`; every input must be among them.

        Args:
            names: of the columns.
            position: the column of each input; default: the one of its name.
            vocabularies: of the columns that hold codes of words.
        """
        position = position or {name: index for index, name in enumerate(names)}
        coded = vocabularies or {}
        order = np.array([position[one.symbol.name] for one in self.numeric], dtype=np.intp)
        words = [position[one.symbol.name] for one in self.textual]
        same = len(order) == len(names) and bool((order == np.arange(len(names))).all())

        def read(matrix: Floats) -> Batch:
            batch = self._batch(matrix if same else matrix[:, order], {})
            for one, treatment, at in zip(self.textual, self._word_treatments, words, strict=True):
                column = matrix[:, at]
                said = read_codes(column, coded[at].words) if at in coded else read_words(column)
                batch.fill(one.symbol.slot, treatment(said, batch))
            return batch

        return read

    def _batch(self, block: Floats, unreadable: Mapping[int, Words]) -> Batch:
        if self._all_float32 and len(self._float32):
            with np.errstate(over="ignore"):
                block = block.astype(np.float32).astype(np.float64)
        elif self._any_float32:
            with np.errstate(over="ignore"):
                block = np.where(self._float32, block.astype(np.float32).astype(np.float64), block)
        batch = Batch(self.program, block)
        suspects = set(self._screen(block)) | set(unreadable)
        if suspects:
            block = batch.block = block.copy()
            for place in sorted(suspects):
                block[:, place] = self._treatments[place](block[:, place], unreadable.get(place), batch)
        return batch


class Screen:
    """Says, for all numeric inputs at once, which of them hold a value that their treatment would touch.

    Most batches are clean; then nothing more is done than a few comparisons over the whole block.
    """

    def __init__(self, treatments: Sequence[NumberTreatment]) -> None:
        width = len(treatments)
        self._low, self._high = np.full(width, -np.inf), np.full(width, np.inf)
        self._missing_matters = np.zeros(width, dtype=bool)
        whole, always = np.zeros(width, dtype=bool), np.zeros(width, dtype=bool)
        sets: dict[tuple[float, ...], list[int]] = {}
        markers: dict[tuple[float, ...], list[int]] = {}
        for place, treatment in enumerate(treatments):
            rule, data_field = treatment.rule, treatment.rule.field
            self._missing_matters[place] = (
                rule.missing_replacement is not None or rule.missing == "returnInvalid"
            )
            whole[place] = data_field.type.datatype == "integer"
            if len(treatment.missing):
                markers.setdefault(tuple(treatment.missing), []).append(place)
            if data_field.invalid or rule.outliers != "asIs":
                always[place] = True
            elif len(data_field.ranges) == 1 and not len(treatment.values):
                self._low[place], self._high[place] = data_field.ranges[0]
            elif len(treatment.values) and len(treatment.values) <= SMALL_SET:
                sets.setdefault(tuple(treatment.values), []).append(place)
            elif data_field.restricted:
                always[place] = True
        self._always = [int(place) for place in np.flatnonzero(always)]
        self._bounded = bool(np.isfinite(self._low).any() or np.isfinite(self._high).any())
        self._sets = [(np.array(places, dtype=np.intp), values) for values, places in sets.items()]
        self._markers = [(np.array(places, dtype=np.intp), values) for values, places in markers.items()]
        in_sets = {place for places in sets.values() for place in places}
        self._whole = np.array([p for p in np.flatnonzero(whole) if p not in in_sets], dtype=np.intp)
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


def read_numbers(values: Any, datatype: str) -> tuple[Floats, Words | None]:
    """A column as numbers, and what in it is no number (missing where it is one; None where all are).

    Args:
        values: an array, list or series.
        datatype: of the field.
    """
    array = as_array(values)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64), None
    plain = _parse_all(array, datatype)
    if plain is not None:
        return plain, None
    words = read_words(array)
    read_as = "double" if datatype == "integer" else datatype  # of 2.5 the treatment says what it is worth
    numbers = words.lookup(lambda word: _number(word, read_as))
    unreadable = np.isnan(numbers) & (words.codes >= 0)
    if not unreadable.any():
        return numbers, None
    return numbers, Words(np.where(unreadable, words.codes, MISSING), words.vocabulary)


def _parse_all(array: NDArray[Any], datatype: str) -> Floats | None:
    """A column of text that is numbers throughout, or missing (None); None where anything else is in it."""
    if array.dtype.kind != "O" or datatype not in ("double", "float", "integer"):
        return None
    cells = array.tolist()
    try:
        numbers = np.array(
            [NAN if cell is None else float(cell) for cell in cells]
            if None in cells
            else list(map(float, cells))
        )
        told = "".join(filter(None, cells))
    except (TypeError, ValueError):
        return None
    if "_" in told or np.isnan(numbers).sum() != cells.count(None):
        return None
    if datatype == "float":
        with np.errstate(over="ignore"):
            single = numbers.astype(np.float32).astype(np.float64)
        return np.where(np.abs(numbers) <= FLOAT32_MAX, single, numbers)
    return numbers


def _number(word: str, datatype: str) -> float:
    """What a cell says; true and false are 1 and 0 in every numeric field, as arrays of them are."""
    number = number_of(word, datatype)
    return number if number == number else TRUTHS.get(word.lower(), NAN)


def read_words(values: Any, datatype: str = "string") -> Words:
    """A column as words; None, NaN, NaT, NA and empty text are missing.

    Args:
        values: an array, list or series.
        datatype: of the field: timestamps at midnight are dates for a field of dates.
    """
    array = as_array(values)
    if array.dtype.kind in "mM":
        return _read_moments(array, datatype)
    if array.dtype.kind == "f":
        distinct, codes = np.unique(array, return_inverse=True)
        return _recode(codes, [None if np.isnan(v) else write_number(float(v), "double") for v in distinct])
    if array.dtype.kind in "iub":
        distinct, codes = np.unique(array, return_inverse=True)
        boolean = array.dtype.kind == "b"
        return _recode(codes, [("true" if v else "false") if boolean else str(int(v)) for v in distinct])
    builder = WordBuilder()
    codes_of: dict[Any, int] = {}

    def code(value: Any) -> int:
        # True and 1.0 are equal, not one word
        key = value if type(value) is str else (type(value), str(value))
        known = codes_of.get(key)
        if known is None:
            known = codes_of[key] = builder.code(_word(value, datatype))
        return known

    return builder.words(np.fromiter(map(code, array.tolist()), dtype=np.intp, count=len(array)))


def read_codes(codes: Floats, words: Sequence[str]) -> Words:
    """A column of codes into some words as words; NaN and empty text are missing.

    Only the words that are there are kept where they are few among many: whatever is done to words is done to each.
    """
    gone = np.isnan(codes)
    known = np.where(gone, MISSING, codes).astype(np.intp) if gone.any() else codes.astype(np.intp)
    if len(words) > MANY_WORDS:
        distinct, known = np.unique(known, return_inverse=True)
        return _recode(
            known, [None if code == MISSING else words[code] or None for code in distinct.tolist()]
        )
    if "" in words:
        return _recode(
            np.where(known == MISSING, len(words), known), [*(word or None for word in words), None]
        )
    return Words(known, list(words))


def _recode(codes: NDArray[np.intp], words: list[str | None]) -> Words:
    builder = WordBuilder()
    table = np.array([builder.code(word) for word in words] or [MISSING], dtype=np.intp)
    return builder.words(table[codes.reshape(-1)])


def _read_moments(array: NDArray[Any], datatype: str) -> Words:
    """Timestamps (datetime64) in ISO form, durations as numpy writes them."""
    distinct, codes = np.unique(array, return_inverse=True)
    if array.dtype.kind == "m":
        return _recode(codes, [None if np.isnat(one) else str(one) for one in distinct])
    moments = distinct.astype("datetime64[us]").tolist()
    return _recode(codes, [None if one is None else _write_moment(one, datatype) for one in moments])


def _write_moment(moment: Any, datatype: str) -> str:
    """A date, time or timestamp in ISO form; of one at midnight its date, where the field holds dates."""
    midnight = datatype == "date" and isinstance(moment, datetime) and moment.time() == time()
    return str((moment.date() if midnight and moment.tzinfo is None else moment).isoformat())


def _word(value: Any, datatype: str = "string") -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return write_number(float(value), "double")
    return _write_moment(value, datatype) if hasattr(value, "isoformat") else str(value)


def as_array(values: Any) -> NDArray[Any]:
    """A list, series or array as a one-dimensional array; text stays Python strings."""
    if isinstance(values, np.ndarray):
        array = values
    elif hasattr(values, "to_numpy"):
        array = np.asarray(values.to_numpy())
    else:
        values = list(values)
        textual = any(isinstance(value, str) or value is None for value in values)
        array = np.array(values, dtype=object) if textual else np.asarray(values)
    return array.reshape(-1)
