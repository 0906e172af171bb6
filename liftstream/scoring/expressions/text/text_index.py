"""TextIndex: how often a term occurs in a text, weighted.

The text is rewritten by its TextIndexNormalization tables, then it and the term become tokens: parted by
`wordSeparatorCharacterRE` and freed of punctuation at both ends, or the whole of each as it is with tokenize="false".
sklearn2pmml's `x-wordRE` finds the tokens instead. The term occurs where its tokens follow one another, differing by at
most `maxLevenshteinDistance` letters in all; it occurs nowhere if it has no token. A document is tokenized once a
batch for all terms that have the same settings.

Of a term that occurs f times termFrequency is f, binary 1 or 0, logarithmic log10(1 + f), and
augmentedNormalizedTermFrequency (binary + f / m) / 2, where m is how often the document's most frequent token stands
there.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Codes, Column, Floats, Words
from liftstream.scoring.batch.program import Batch, Derivation
from liftstream.scoring.expressions.casting import texts_of
from liftstream.scoring.expressions.expression import (
    EXPRESSIONS,
    CompileExpression,
    Expression,
    field_expression,
    inner_expression,
)
from liftstream.scoring.expressions.text.patterns import TOO_LONG, Guarded, guard_of
from liftstream.scoring.expressions.text.term_counts import Occurrences
from liftstream.scoring.expressions.text.text_normalization import (
    UNENDING,
    Normalization,
    UnendingError,
    read_normalization,
    read_term,
)
from liftstream.scoring.expressions.text.tokens import Tokenizer
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import DOUBLE, INTEGER, NAN

SEPARATOR: Final = r"\s+"
MOST_EDITS: Final = 100
COUNT_HITS: Final = {"allHits": False, "bestHits": True}

Weigh = Callable[[Floats, Occurrences], Floats]


class Documents(Words):
    """The text of every row as a number into `occurrences`."""

    __slots__ = ("occurrences",)

    def __init__(self, codes: Codes, occurrences: Occurrences) -> None:
        super().__init__(codes, ())
        self.occurrences = occurrences

    def take(self, rows: Any) -> "Documents":
        """The documents of some rows."""
        return Documents(self.codes[rows], self.occurrences)


def compile_text_index(
    element: Element, compilation: Compilation, compile_expression: CompileExpression
) -> Expression:
    """A TextIndex element.

    Raises:
        ModelUnsupported: a pattern of its could take forever, or its table lies elsewhere.
    """
    element.only("TextIndexNormalization", *EXPRESSIONS)
    tokenizer = _read_tokenizer(element, Tokenizer(guard_of(SEPARATOR, element)))
    limit = _read_limit(element, 0)
    best = element.choice("countHits", COUNT_HITS, "allHits")
    weigh, result = element.choice("localTermWeights", WEIGHTS, "termFrequency")
    slot = _documents(element, compilation, tokenizer, limit)
    inner = inner_expression(element, compilation, compile_expression)
    if isinstance(inner.constant, str):
        term = read_term(element, inner.constant, tokenizer)
        return Expression(
            result, lambda batch: _spread(_of_term(batch, slot, term, limit, best, weigh), batch, slot)
        )
    terms = texts_of(inner, element)

    def evaluate(batch: Batch) -> Column:
        words = terms(batch)
        values = np.full(batch.rows, NAN)
        for code in np.unique(words.codes[words.codes >= 0]):
            text = words.vocabulary[code]
            here = words.codes == code
            if not tokenizer.affords(text):
                batch.reject(here, TOO_LONG)
                continue
            weights = _of_term(batch, slot, tuple(tokenizer.tokens(text)), limit, best, weigh)
            values[here] = _spread(weights, batch, slot)[here]
        return values

    return Expression(result, evaluate)


def _of_term(batch: Batch, slot: int, term: tuple[str, ...], limit: int, best: bool, weigh: Weigh) -> Floats:
    """The term's weight in each document."""
    occurrences = _at(batch, slot).occurrences
    return weigh(occurrences.count(term, limit, best), occurrences)


def _spread(weights: Floats, batch: Batch, slot: int) -> Floats:
    """The weight of every row's document, missing where it has none."""
    return np.append(weights, NAN)[_at(batch, slot).codes]


def _at(batch: Batch, slot: int) -> Documents:
    return batch.column(slot)  # type: ignore[return-value]


def _read_tokenizer(element: Element, outer: Tokenizer) -> Tokenizer:
    """The settings of a TextIndex, or of a TextIndexNormalization within one of the settings `outer`."""
    case_sensitive = element.flag("isCaseSensitive", outer.case_sensitive)
    separator, word = element.get("wordSeparatorCharacterRE"), element.get("x-wordRE")
    if not element.flag("tokenize", bool(outer.separator or outer.word)):
        return Tokenizer(case_sensitive=case_sensitive)
    if separator is not None and word is not None:
        raise element.refusal("has both wordSeparatorCharacterRE and x-wordRE")
    if word is not None:
        return Tokenizer(word=guard_of(word, element), case_sensitive=case_sensitive)
    if separator is None and (outer.separator or outer.word):
        return Tokenizer(outer.separator, outer.word, case_sensitive)
    return Tokenizer(_read_separator(element, separator or SEPARATOR), case_sensitive=case_sensitive)


def _read_separator(element: Element, text: str) -> Guarded:
    separator = guard_of(text, element)
    if separator.regex.search(""):
        raise element.unsupported(f"has the separator {text[:60]!r}, which is found where there is nothing")
    return separator


def _read_limit(element: Element, default: int) -> int:
    limit = element.whole("maxLevenshteinDistance", default)
    if not 0 <= limit <= MOST_EDITS:
        raise element.unsupported(f"has maxLevenshteinDistance={limit}; supported: 0 to {MOST_EDITS}")
    return limit


def _documents(element: Element, compilation: Compilation, tokenizer: Tokenizer, limit: int) -> int:
    """The slot of the tokenized text, one for all terms with the same settings."""
    symbol = compilation.field(element, "textField")
    tables = tuple(
        read_normalization(one, _read_tokenizer(one, tokenizer), _read_limit(one, limit))
        for one in element.all("TextIndexNormalization")
    )
    text = texts_of(field_expression(symbol), element)
    return compilation.program.share((symbol.slot, tokenizer, tables), _tokenize(text, tokenizer, tables))


def _tokenize(
    text: Callable[[Batch], Words], tokenizer: Tokenizer, tables: tuple[Normalization, ...]
) -> Derivation:
    def derive(batch: Batch) -> Documents:
        words = text(batch)
        present = np.unique(words.codes[words.codes >= 0])
        texts: list[str] = []
        table = np.full(len(words.vocabulary) + 1, MISSING)
        for code in present.tolist():
            try:
                rewritten = _rewrite(words.vocabulary[code], tables)
            except UnendingError:
                batch.reject(words.codes == code, UNENDING)
                continue
            if not tokenizer.affords(rewritten):
                batch.reject(words.codes == code, TOO_LONG)
                continue
            table[code] = len(texts)
            texts.append(rewritten)
        return Documents(table[words.codes], Occurrences(texts, tokenizer))

    return derive


def _rewrite(text: str, tables: tuple[Normalization, ...]) -> str:
    for table in tables:
        text = table(text)
    return text


def _augmented(counts: Floats, occurrences: Occurrences) -> Floats:
    return 0.5 * ((counts > 0) + counts / np.maximum(occurrences.highest, 1.0))


WEIGHTS: Final = {
    "termFrequency": (lambda counts, _: counts, INTEGER),
    "binary": (lambda counts, _: (counts > 0).astype(np.float64), INTEGER),
    "logarithmic": (lambda counts, _: np.log10(1.0 + counts), DOUBLE),
    "augmentedNormalizedTermFrequency": (_augmented, DOUBLE),
}
