"""Texts and dates as numbers: each distinct word of a feature is read once, and has a code from then on.

Such a value is looked up, not parsed again. A feature with ever new texts would fill the memory: so texts that no
waiting half uses are dropped from time to time, and the others get new codes.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from liftstream.streams.definition import Feature, SideDefinition
from liftstream.streams.feature_values import read_value
from liftstream.streams.paths import ABSENT

NO_WORD: Final = -1
"""The code of a missing word."""
UNFIT: Final = -2
"""In place of the code of a value that does not fit: the record is read with care, which says why."""
FEWEST_WORDS: Final = 4096
"""Most words up to which none is forgotten, unless they have many letters."""
FEWEST_LETTERS: Final = 1 << 22
"""Most letters of all words up to which none is forgotten."""

ReadWord: TypeAlias = Callable[[Any], str | None]
"""Reads the word of a value; None if it is missing, ValueError if it does not fit."""


class Codes(dict[Any, int]):
    """The code of what records say, read at its first sight.

    Args:
        read: what a value is.
    """

    def __init__(self, read: ReadWord) -> None:
        super().__init__()
        self._read = read
        self.words: list[str] = []
        self.letters = 0
        self._code_of: dict[str, int] = {}

    def __missing__(self, value: Any) -> int:
        try:
            word = self._read(value)
        except ValueError:
            return UNFIT
        code = self[value] = self.code(word)
        return code

    def code(self, word: str | None) -> int:
        """The code of a word; a new one for a new word."""
        if word is None:
            return NO_WORD
        code = self._code_of.setdefault(word, len(self._code_of))
        if code == len(self.words):
            self.words.append(word)
            self.letters += len(word)
        return code


class Vocabulary:
    """The words of one feature.

    Args:
        read: the word that a value of a record is.

    Attributes:
        words: by code.
    """

    def __init__(self, read: ReadWord) -> None:
        self._read_word = read
        self._start(())

    def _start(self, words: Iterable[str]) -> None:
        self._codes = Codes(self._read_word)
        for word in words:
            self._codes.code(word)
        self._sweep_above = max(FEWEST_WORDS, 2 * len(self.words))
        self._letters_at_most = max(FEWEST_LETTERS, 2 * self._codes.letters)

    @property
    def words(self) -> list[str]:
        """The words, by code."""
        return self._codes.words

    @property
    def is_full(self) -> bool:
        """Whether it is time to drop unused words."""
        known = max(len(self._codes), len(self.words))
        return known > self._sweep_above or self._codes.letters > self._letters_at_most

    def read(self, values: Iterable[Any], count: int) -> NDArray[np.float64]:
        """The codes of what so many records say: `NO_WORD` where one says nothing, `UNFIT` where it must be read with
        care."""
        return np.fromiter(map(self._codes.__getitem__, values), np.float64, count)

    def code(self, word: str | None) -> float:
        """The number that stands for a word in rows of features; NaN: missing."""
        code = self._codes.code(word)
        return np.nan if code == NO_WORD else code

    def keep(self, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forgets all words but those of some codes; the new code of every old one, the rest NaN."""
        known = codes[~np.isnan(codes)].astype(np.intp)
        kept = np.unique(known)
        moved = np.full(len(self.words) + 1, np.nan)
        moved[kept] = np.arange(len(kept))
        words = self.words
        self._start([words[code] for code in kept.tolist()])
        return moved


def vocabularies_of(*sides: SideDefinition) -> dict[str, Vocabulary]:
    """The vocabularies of the features that are not numbers, by name."""
    return {
        feature.name: Vocabulary(_reader_of(feature))
        for side in sides
        for feature in side.features
        if not feature.numeric
    }


def _reader_of(feature: Feature) -> ReadWord:
    def read(value: Any) -> str | None:
        found = read_value(feature, ABSENT if value is UNSET else value, feature.name)
        return found if isinstance(found, str) else None

    return read
