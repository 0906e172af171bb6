"""Text as tokens: split at separators and freed of punctuation at both ends, or found by a pattern."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from liftstream.scoring.expressions.text.patterns import Guarded


@dataclass(frozen=True)
class Tokenizer:
    """What a token is.

    `separator` parts the tokens, `word` finds them; without either the whole text is one. Letters count as written
    where case does, and in lower case otherwise.
    """

    separator: Guarded | None = None
    word: Guarded | None = None
    case_sensitive: bool = False

    def affords(self, text: str) -> bool:
        """Whether the text can be split in reasonable time."""
        pattern = self.separator or self.word
        return pattern is None or pattern.affords(text)

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text, in order."""
        return [token for token in map(self.read, self.pieces(text)) if token]

    def pieces(self, text: str) -> list[str]:
        """The text in pieces, each of which `read` makes a token of, or nothing."""
        if self.word is None and self.separator is not None and self.separator.regex.groups == 0:
            return list(self.separator.regex.split(text))
        return [text[start:end] for start, end in self._cuts(text)]

    def read(self, piece: str) -> str:
        """The token of a piece, empty where it is none."""
        if self.separator is not None:
            start, end = _trim(piece, 0, len(piece))
            piece = piece[start:end]
        return piece if self.case_sensitive else piece.lower()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the tokens of a text begin and end."""
        cuts = self._cuts(text)
        if self.separator is not None:
            cuts = (_trim(text, start, end) for start, end in cuts)
        return [(start, end) for start, end in cuts if start < end]

    def _cuts(self, text: str) -> Iterator[tuple[int, int]]:
        if self.word is not None:
            yield from (found.span() for found in self.word.regex.finditer(text))
            return
        start = 0
        for found in self.separator.regex.finditer(text) if self.separator else ():
            yield start, found.start()
            start = found.end()
        yield start, len(text)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch of text without the punctuation at its ends."""
    while start < end and _is_punctuation(text[start]):
        start += 1
    while start < end and _is_punctuation(text[end - 1]):
        end -= 1
    return start, end


def _is_punctuation(letter: str) -> bool:
    return not letter.isalnum() and unicodedata.category(letter).startswith("P")
