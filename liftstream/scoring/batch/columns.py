"""Columns of a batch: numbers as float64 with NaN for missing, words as codes into a vocabulary.

Whatever is done to words is done once for every distinct word and then looked up by code, so nothing loops over
rows. Integers, booleans (1, 0) and every numeric type are float64; dates and times are words in ISO form.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]
Booleans: TypeAlias = NDArray[np.bool_]

MISSING: Final = -1
"""The code of a missing word."""


class Words:
    """Text of every row: `codes` (intp, -1 missing) into `vocabulary`."""

    __slots__ = ("_index", "codes", "vocabulary")

    def __init__(self, codes: Codes, vocabulary: Sequence[str], index: dict[str, int] | None = None) -> None:
        self.codes, self.vocabulary, self._index = codes, vocabulary, index

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def index(self) -> dict[str, int]:
        """Word -> code."""
        if self._index is None:
            self._index = {word: code for code, word in enumerate(self.vocabulary)}
        return self._index

    def take(self, rows: Any) -> "Words":
        """The words of some rows."""
        return Words(self.codes[rows], self.vocabulary, self._index)

    def lookup(self, of_word: Callable[[str], float], *, missing: float = np.nan) -> Floats:
        """A number for each row, worked out once a word."""
        table = np.array([*(of_word(word) for word in self.vocabulary), missing], dtype=np.float64)
        return table[self.codes]

    def map(self, of_word: Callable[[str], str | None]) -> "Words":
        """Other words, worked out once a word; None is missing."""
        builder = WordBuilder()
        table = np.array([*(builder.code(of_word(word)) for word in self.vocabulary), MISSING], dtype=np.intp)
        return builder.words(table[self.codes])

    def fill(self, where: Booleans, word: str) -> "Words":
        """These words with `word` in some rows; a word that is in the vocabulary already keeps its code."""
        code = self.index.get(word)
        if code is None:
            return Words(np.where(where, len(self.vocabulary), self.codes), (*self.vocabulary, word))
        return Words(np.where(where, code, self.codes), self.vocabulary, self._index)

    def objects(self) -> NDArray[np.object_]:
        """Python strings, None for missing."""
        table = np.empty(len(self.vocabulary) + 1, dtype=object)
        table[:-1] = self.vocabulary
        return table[self.codes]


Column: TypeAlias = Floats | Words


class WordBuilder:
    """Gives each distinct word a code."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.index: dict[str, int] = {}
        for word in known:
            self.code(word)

    def code(self, word: str | None) -> int:
        """The word's code, a new one where it is new, -1 for None."""
        return MISSING if word is None else self.index.setdefault(word, len(self.index))

    def words(self, codes: Codes) -> Words:
        """A column of these codes."""
        return Words(codes, list(self.index), self.index)


def encode(values: Iterable[str | None]) -> Words:
    """A column of Python strings."""
    builder = WordBuilder()
    return builder.words(np.fromiter(map(builder.code, values), dtype=np.intp))


def constant(word: str | None, rows: int) -> Words:
    """The same word in every row."""
    if word is None:
        return Words(np.full(rows, MISSING), ())
    return Words(np.zeros(rows, dtype=np.intp), (word,))


def is_missing(column: Column) -> Booleans:
    """Where there is no value."""
    return column.codes < 0 if isinstance(column, Words) else np.isnan(column)


def any_missing(numbers: Floats) -> bool:
    """Whether a number is missing: their sum tells, and where it may not (infinities take each other away) a closer look."""
    total = np.add.reduce(numbers, axis=None)
    return bool(total != total) and bool(np.isnan(numbers).any())


def round_half_up(numbers: Floats) -> Floats:
    """The nearest whole numbers; halves go up, as the standard says, not to the even neighbour."""
    below = np.floor(numbers)
    return np.asarray(below + (numbers - below >= 0.5))


def to_float32(numbers: Floats) -> Floats:
    """Rounded to single precision, still held as float64."""
    return numbers.astype(np.float32).astype(np.float64)


def take(column: Column, rows: Any) -> Column:
    """Some rows of a column."""
    return column.take(rows) if isinstance(column, Words) else column[rows]


def choose(condition: Booleans, yes: Column, no: Column) -> Column:
    """`yes` where the condition holds, `no` elsewhere; both of one kind."""
    if isinstance(yes, Words) and isinstance(no, Words):
        builder = WordBuilder(no.vocabulary)
        table = np.array([*(builder.code(word) for word in yes.vocabulary), MISSING], dtype=np.intp)
        return builder.words(np.where(condition, table[yes.codes], no.codes))
    return np.where(condition, yes, no)  # type: ignore[arg-type]


def scatter(column: Column, rows: Any, count: int) -> Column:
    """The column spread over `count` rows, missing where it has none."""
    if isinstance(column, Words):
        codes = np.full(count, MISSING)
        codes[rows] = column.codes
        return Words(codes, column.vocabulary, column._index)
    spread = np.full(count, np.nan)
    spread[rows] = column
    return spread


def combine_words(columns: list[Words], of_row: Callable[..., str | None]) -> Words:
    """A word for each row, worked out once for every distinct combination."""
    if len(columns) == 1:
        distinct, inverse = np.unique(columns[0].codes, return_inverse=True)
        distinct = distinct[:, None]
    else:
        stacked = np.stack([column.codes for column in columns], axis=1)
        distinct, inverse = np.unique(stacked, axis=0, return_inverse=True)
    builder = WordBuilder()
    spelled = [
        [None if code < 0 else column.vocabulary[code] for code, column in zip(row, columns, strict=True)]
        for row in distinct.tolist()
    ]
    codes = np.array([builder.code(of_row(*row)) for row in spelled], dtype=np.intp)
    return builder.words(codes[inverse.reshape(-1)])
