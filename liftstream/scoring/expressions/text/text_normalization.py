"""TextIndexNormalization: a table that rewrites a text before its terms are counted.

Its rows are applied in order, each to what the ones before it left. A regular expression is replaced wherever it is
found; a string is looked up among the tokens, where `maxLevenshteinDistance` holds, or letter by letter in a text that
is not tokenized. A recursive table is applied again until it changes nothing.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from liftstream.scoring.expressions.text.edit_distance import Lexicon
from liftstream.scoring.expressions.text.patterns import (
    LONGEST_REPLACEMENT,
    LONGEST_TEXT,
    Guarded,
    guard_of,
    replacement_of,
)
from liftstream.scoring.expressions.text.tokens import Tokenizer
from liftstream.scoring.fields.tables import column_name, read_rows
from liftstream.scoring.xml.element import Element

MOST_PASSES: Final = 50
UNENDING: Final = "the text is too long for the model's normalization, or that comes to no end"


class UnendingError(Exception):
    """A text that a table would rewrite for too long."""


class Rewriting:
    """A text on its way through a table; its tokens are read again only where it changed."""

    def __init__(self, text: str, tokenizer: Tokenizer) -> None:
        self.text, self._tokenizer = text, tokenizer

    def become(self, text: str) -> None:
        """Makes it another text."""
        if text == self.text:
            return
        if len(text) > LONGEST_TEXT:
            raise UnendingError
        self.text = text
        for name in ("spans", "tokens", "distinct", "lexicon"):
            self.__dict__.pop(name, None)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where the tokens stand."""
        if not self._tokenizer.affords(self.text):
            raise UnendingError
        return self._tokenizer.spans(self.text)

    @cached_property
    def tokens(self) -> list[str]:
        """The tokens, as they compare."""
        return [self._tokenizer.read(self.text[start:end]) for start, end in self.spans]

    @cached_property
    def distinct(self) -> set[str]:
        """The tokens, each once."""
        return set(self.tokens)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The tokens, for comparing letters."""
        return Lexicon(self.tokens)


@dataclass(frozen=True)
class PatternRow:
    """Puts `template` in place of whatever the pattern finds."""

    pattern: Guarded
    template: str

    def __call__(self, rewriting: Rewriting) -> None:
        """Applies the row."""
        if not self.pattern.affords(rewriting.text):
            raise UnendingError
        rewriting.become(self.pattern.regex.sub(self.template, rewriting.text))


@dataclass(frozen=True)
class TermRow:
    """Puts `stem` in place of the term's tokens, and keeps what stands around and between others."""

    term: tuple[str, ...]
    stem: str
    limit: int

    def __call__(self, rewriting: Rewriting) -> None:
        """Applies the row."""
        written, done = [], 0
        for first in self._find(rewriting):
            start, end = rewriting.spans[first][0], rewriting.spans[first + len(self.term) - 1][1]
            if start >= done:
                written += [rewriting.text[done:start], self.stem]
                done = end
        if written:
            rewriting.become("".join([*written, rewriting.text[done:]]))

    def _find(self, rewriting: Rewriting) -> list[int]:
        size = len(rewriting.tokens) - len(self.term) + 1
        if size < 1 or (self.limit == 0 and self.term[0] not in rewriting.distinct):
            return []
        apart = np.zeros(size, dtype=np.int32)
        for offset, token in enumerate(self.term):
            apart += rewriting.lexicon.distances(token, self.limit)[offset : offset + size]
        places: list[int] = np.flatnonzero(apart <= self.limit).tolist()
        return places


@dataclass(frozen=True)
class Normalization:
    """One table."""

    rows: tuple[PatternRow | TermRow, ...]
    recursive: bool
    tokenizer: Tokenizer

    def __call__(self, text: str) -> str:
        """The text rewritten.

        Raises:
            UnendingError: that would take too long.
        """
        rewriting = Rewriting(text, self.tokenizer)
        for _ in range(MOST_PASSES if self.recursive else 1):
            before = rewriting.text
            for row in self.rows:
                row(rewriting)
            if rewriting.text == before or not self.recursive:
                return rewriting.text
        raise UnendingError


def read_normalization(element: Element, tokenizer: Tokenizer, limit: int) -> Normalization:
    """A TextIndexNormalization that compares by `tokenizer` and `limit`.

    Raises:
        ModelUnsupported: its table lies elsewhere, or it cannot be applied in reasonable time.
    """
    element.only("InlineTable")
    table = element.first("InlineTable")
    names = [
        column_name(element.get(attribute) or default)
        for attribute, default in (("inField", "string"), ("outField", "stem"), ("regexField", "regex"))
    ]
    cells = [] if table is None else read_rows(table)
    elements = [] if table is None else [row for row in table.children if row.tag.lstrip(":") == "row"]
    rows = tuple(
        _read_row(row, found, names, tokenizer, limit) for row, found in zip(elements, cells, strict=True)
    )
    return Normalization(rows, element.flag("recursive", False), tokenizer)


def _read_row(
    row: Element, cells: dict[str, str], names: list[str], tokenizer: Tokenizer, limit: int
) -> PatternRow | TermRow:
    string, stem = (_cell(row, cells, name) for name in names[:2])
    if cells.get(names[2], "").strip().lower() == "true":
        pattern = guard_of(string, row, not tokenizer.case_sensitive)
        return PatternRow(pattern, replacement_of(pattern, stem, row))
    return _read_string(row, string, stem, tokenizer, limit)


def _read_string(
    row: Element, string: str, stem: str, tokenizer: Tokenizer, limit: int
) -> PatternRow | TermRow:
    if len(stem) > LONGEST_REPLACEMENT:
        raise row.unsupported(f"has a replacement of more than {LONGEST_REPLACEMENT} characters")
    if tokenizer.separator or tokenizer.word:
        term = read_term(row, string, tokenizer)
        if not term:
            raise row.refusal(f"has the string {string[:60]!r}, in which there is no token")
        return TermRow(term, stem, limit)
    if limit or not string:
        raise row.unsupported("has a string that is not searched for; supported without tokens: exact text")
    return PatternRow(
        guard_of(re.escape(string), row, not tokenizer.case_sensitive), stem.replace("\\", r"\\")
    )


def _cell(row: Element, cells: dict[str, str], name: str) -> str:
    if name not in cells:
        raise row.refusal(f"needs a cell {name[:60]}")
    return cells[name]


def read_term(element: Element, text: str, tokenizer: Tokenizer) -> tuple[str, ...]:
    """The tokens of a term that the document writes.

    Raises:
        ModelUnsupported: it is too long.
    """
    if not tokenizer.affords(text):
        raise element.unsupported("has a term that is too long")
    return tuple(tokenizer.tokens(text))
