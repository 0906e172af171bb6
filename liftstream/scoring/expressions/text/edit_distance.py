"""How many letters lie between words: Levenshtein's distance of one word to many at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int32]


class Lexicon:
    """Words laid out for comparing: those of one length are a matrix of letters."""

    def __init__(self, words: Sequence[str]) -> None:
        self.size = len(words)
        self._places: dict[int, list[int]] = {}
        for place, word in enumerate(words):
            self._places.setdefault(len(word), []).append(place)
        self._words = words
        self._letters: dict[int, NDArray[np.int32]] = {}

    def distances(self, word: str, limit: int) -> Counts:
        """To each word the fewest letters to put in, leave out or replace, and limit + 1 where that is above `limit`."""
        found = np.full(self.size, limit + 1, dtype=np.int32)
        for length in range(max(len(word) - limit, 0), len(word) + limit + 1):
            if length in self._places:
                apart = _compare(_code(word), self._matrix(length), limit)
                found[self._places[length]] = np.minimum(apart, limit + 1)
        return found

    def _matrix(self, length: int) -> NDArray[np.int32]:
        """The words of this length, a column each."""
        if length not in self._letters:
            words = [self._words[place] for place in self._places[length]]
            letters = _code("".join(words)).reshape(len(words), length)
            self._letters[length] = np.ascontiguousarray(letters.T)
        return self._letters[length]


def _code(text: str) -> NDArray[np.int32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.int32)


def _compare(word: NDArray[np.int32], others: NDArray[np.int32], limit: int) -> Counts:
    """Wagner and Fischer's table for all of `others` [letters, words] at once, a letter of the word at a time.

    Words that are beyond the limit already, and those are most after two or three letters, are let go.
    """
    steps = np.arange(len(others) + 1, dtype=np.int32)[:, None]
    found = np.full(others.shape[1], limit + 1, dtype=np.int32)
    near = np.arange(others.shape[1])
    row = np.tile(steps, (1, others.shape[1]))
    for letter in word:
        left_out = row + 1
        np.minimum(left_out[1:], row[:-1] + (others != letter), out=left_out[1:])
        row = np.minimum.accumulate(left_out - steps, axis=0) + steps
        kept = np.flatnonzero(row.min(axis=0) <= limit)
        row, near, others = row[:, kept], near[kept], others[:, kept]
    found[near] = row[-1]
    return found
