"""Where a field's value stands in a list of categories that a model knows."""

from collections.abc import Callable, Sequence

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Codes, Words
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.expression import value_of
from liftstream.scoring.xml.element import Element


def place_in(symbol: Symbol, categories: Sequence[str], element: Element) -> Callable[[Batch], Codes]:
    """The place of every row's value among `categories`, their number for any other value, -1 where it is missing.

    Args:
        symbol: the field.
        categories: as the document spells them; the first of equals counts.
        element: which lists them, for messages.
    """
    values = [value_of(text, symbol.type, element) for text in categories]
    other = len(values)
    if symbol.type.numeric:
        numbers = np.array(values, dtype=np.float64)
        order = np.argsort(numbers, kind="stable")
        rising = np.append(numbers[order], np.nan)
        places = np.append(order, other)

        def of_numbers(batch: Batch) -> Codes:
            given = batch.numbers(symbol.slot)
            at = np.searchsorted(rising[:-1], given)
            found = np.where(rising[at] == given, places[at], other)
            return np.where(np.isnan(given), MISSING, found).astype(np.intp)

        return of_numbers
    known = {str(value): place for place, value in reversed(list(enumerate(values)))}

    def of_words(batch: Batch) -> Codes:
        words: Words = batch.words(symbol.slot)
        table = np.array([*(known.get(word, other) for word in words.vocabulary), MISSING], dtype=np.intp)
        return table[words.codes]

    return of_words
