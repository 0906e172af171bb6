"""How often terms occur in documents: every token of a batch is laid out once, and each term looks itself up in it.

Documents stand one after another as numbers of tokens, a gap behind each; a term of several tokens is found where its
first stands and the others follow. Terms that may differ by some letters compare every token of the vocabulary once.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Codes, Floats
from liftstream.scoring.expressions.text.edit_distance import Counts, Lexicon
from liftstream.scoring.expressions.text.tokens import Tokenizer

GAP: Final = -1


class Occurrences:
    """The tokens of some documents, and where they stand."""

    def __init__(self, texts: Iterable[str], tokenizer: Tokenizer) -> None:
        self.numbers: dict[str, int] = {}
        sequence: list[int] = []
        ends: list[int] = []
        read: dict[str, int] = {}
        for text in texts:
            for piece in tokenizer.pieces(text):
                number = read.get(piece)
                if number is None:
                    token = tokenizer.read(piece)
                    number = self.numbers.setdefault(token, len(self.numbers)) if token else GAP
                    read[piece] = number
                if number != GAP:
                    sequence.append(number)
            sequence.append(GAP)
            ends.append(len(sequence))
        self.documents = len(ends)
        self._sequence = np.array(sequence, dtype=np.intp)
        starts = np.array([0, *ends], dtype=np.intp)
        self._document = np.repeat(np.arange(self.documents), starts[1:] - starts[:-1])
        self._distances: dict[tuple[str, int], Counts] = {}

    def count(self, term: Sequence[str], limit: int = 0, best: bool = False) -> Floats:
        """How often the term occurs in each document.

        Args:
            term: its tokens, in order; none occur nowhere.
            limit: how many letters an occurrence may differ by, over all its tokens.
            best: whether only those that differ by the fewest letters count.
        """
        if not term:
            return np.zeros(self.documents)
        if limit == 0:
            return self._tally(self._find(term))
        apart = self._compare(term, limit)
        places = np.flatnonzero(apart <= limit)
        if best:
            places = places[self._is_best(places, apart[places])]
        return self._tally(places)

    @cached_property
    def highest(self) -> Floats:
        """How often the most frequent token of each document stands there."""
        tokens = self._sequence != GAP
        pairs = self._document[tokens] * (len(self.numbers) + 1) + self._sequence[tokens]
        distinct, counts = np.unique(pairs, return_counts=True)
        highest = np.zeros(self.documents)
        np.maximum.at(highest, distinct // (len(self.numbers) + 1), counts)
        return highest

    def _tally(self, places: Codes) -> Floats:
        return np.bincount(self._document[places], minlength=self.documents).astype(np.float64)

    def _find(self, term: Sequence[str]) -> Codes:
        """Where the term begins; the gap behind every document ends a term that would reach beyond it."""
        numbers = [self.numbers[token] for token in term if token in self.numbers]
        if len(numbers) < len(term):
            return np.empty(0, dtype=np.intp)
        places = self._places(numbers[0])
        for offset, number in enumerate(numbers[1:], start=1):
            places = places[self._sequence[places + offset] == number]
        return places

    def _places(self, number: int) -> Codes:
        return self._order[self._bounds[number] : self._bounds[number + 1]]

    @cached_property
    def _order(self) -> Codes:
        return np.argsort(self._sequence, kind="stable")

    @cached_property
    def _bounds(self) -> Codes:
        return np.searchsorted(self._sequence[self._order], np.arange(len(self.numbers) + 1))

    def _compare(self, term: Sequence[str], limit: int) -> Counts:
        """By how many letters what begins at each place differs from the term."""
        size = max(len(self._sequence) - len(term) + 1, 0)
        apart = np.zeros(size, dtype=np.int32)
        for offset, token in enumerate(term):
            apart += self._distance(token, limit)[self._sequence[offset : offset + size]]
        return apart

    def _distance(self, token: str, limit: int) -> Counts:
        """Of every token of the documents to this one; the last entry is the gap's."""
        known = self._distances.get((token, limit))
        if known is None:
            known = np.append(self._lexicon.distances(token, limit), np.int32(limit + 1))
            self._distances[token, limit] = known
        return known

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(list(self.numbers))

    def _is_best(self, places: Codes, apart: Counts) -> Codes:
        """Which of the places differ as little as any in their document."""
        documents = self._document[places]
        least = np.full(self.documents, np.iinfo(np.int32).max)
        np.minimum.at(least, documents, apart)
        return np.flatnonzero(apart == least[documents])
