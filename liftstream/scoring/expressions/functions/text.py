"""Functions of text, worked out once for every distinct combination of their arguments.

Regular expressions come from the model: they must be constant, and `patterns` says which are searched with, and in
which texts; a text that would take too long rejects its row.
"""

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Column, Words, combine_words, is_missing
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.casting import cast, numbers_of, texts_of
from liftstream.scoring.expressions.expression import Expression
from liftstream.scoring.expressions.functions.best_format import WIDTHS, write_best
from liftstream.scoring.expressions.functions.function import MANY, Function
from liftstream.scoring.expressions.text.patterns import (
    LONGEST_TEXT,
    TOO_LONG,
    Guarded,
    guard_of,
    replacement_of,
)
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import BOOLEAN, DOUBLE, INTEGER, STRING, FieldType

NUMBER_FORMAT: Final = re.compile(r"(?:[^%]|%%)*%[-+ 0#]*\d{0,2}(?:\.\d{1,2})?([diuoxXfeEgG])(?:[^%]|%%)*")
GROUPED: Final = re.compile(r"((?:[^%]|%%)*)%,(\d{0,2}(?:\.\d{1,2})?)([df])((?:[^%]|%%)*)")
"""Java's format with a comma every three digits."""

Of = Callable[..., str | None]


def of_texts(of: Of, arity: tuple[int, int], result: FieldType = STRING) -> Function:
    """A function of texts; missing where an argument is."""

    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        return texts_to(of, arguments, element, result)

    return Function(compile_it, arity, total=True)


def texts_to(of: Of, arguments: list[Expression], element: Element, result: FieldType) -> Expression:
    """`of` the arguments as text, as an expression of the type `result`."""
    texts = [texts_of(argument, element) for argument in arguments]

    def of_row(*values: str | None) -> str | None:
        return None if None in values else of(*values)

    def evaluate(batch: Batch) -> Column:
        columns = [text(batch) for text in texts]
        words = combine_words(columns, of_row)
        return words.lookup(float) if result.numeric else words

    return Expression(result, evaluate)


def _compile_substring(element: Element, arguments: list[Expression]) -> Expression:
    """Position (from 1) and length are numbers; a row in which they are not is rejected."""
    text, *numbers = arguments
    return texts_to(_substring, [text, *(cast(n, DOUBLE, element) for n in numbers)], element, STRING)


def _substring(text: str, position: str, length: str) -> str | None:
    first, count = int(float(position)), int(float(length))
    return None if first < 1 or count < 0 else text[first - 1 : first - 1 + count]


def _concat(element: Element, arguments: list[Expression]) -> Expression:
    """What is missing adds nothing. A row whose text would grow without end is rejected."""
    texts = [texts_of(argument, element) for argument in arguments]

    def evaluate(batch: Batch) -> Column:
        columns = [text(batch) for text in texts]
        sizes = sum(words.lookup(lambda word: float(len(word)), missing=0.0) for words in columns)
        too_long = np.asarray(sizes > LONGEST_TEXT)
        batch.reject(too_long, f"concat would give more than {LONGEST_TEXT:,} characters")
        kept = [Words(np.where(too_long, MISSING, words.codes), words.vocabulary) for words in columns]
        return combine_words(kept, lambda *row: "".join(text for text in row if text is not None))

    return Expression(STRING, evaluate)


def compile_pattern(element: Element, argument: Expression) -> Guarded:
    """A constant pattern, which says what texts are searched with it.

    Raises:
        ModelUnsupported: it is not constant, not understood, or could take forever.
    """
    text = argument.constant
    if not isinstance(text, str):
        raise element.unsupported("has a pattern that is not constant; supported: a <Constant>")
    return guard_of(text, element)


def _matches(element: Element, arguments: list[Expression]) -> Expression:
    """Whether the pattern is found anywhere in the text."""
    pattern = compile_pattern(element, arguments[1])

    def of(text: str) -> str | None:
        return str(float(pattern.regex.search(text) is not None)) if pattern.affords(text) else None

    found = texts_to(of, arguments[:1], element, BOOLEAN)
    return _guard_length(found, arguments[0], pattern, element)


def _replace(element: Element, arguments: list[Expression]) -> Expression:
    pattern = compile_pattern(element, arguments[1])
    replacement = arguments[2].constant
    if not isinstance(replacement, str):
        raise element.unsupported("has a replacement that is not constant; supported: a <Constant>")
    template = replacement_of(pattern, replacement, element)

    def of(text: str) -> str | None:
        return pattern.regex.sub(template, text) if pattern.affords(text) else None

    replaced = texts_to(of, arguments[:1], element, STRING)
    return _guard_length(replaced, arguments[0], pattern, element)


def _guard_length(result: Expression, argument: Expression, pattern: Guarded, element: Element) -> Expression:
    text = texts_of(argument, element)

    def evaluate(batch: Batch) -> Column:
        words = text(batch)
        too_long: Booleans = words.lookup(lambda word: float(not pattern.affords(word)), missing=0.0) > 0
        batch.reject(too_long, TOO_LONG)
        return result.evaluate(batch)

    return result._replace(evaluate=evaluate)


def _format_number(element: Element, arguments: list[Expression]) -> Expression:
    pattern = arguments[1].constant
    if isinstance(pattern, float | int):
        return _format_best(element, arguments[0], pattern)
    if isinstance(pattern, str) and (grouped := GROUPED.fullmatch(pattern)):
        return texts_to(_grouped(grouped), arguments[:1], element, STRING)
    plain = NUMBER_FORMAT.fullmatch(pattern) if isinstance(pattern, str) else None
    if plain is None:
        raise element.unsupported(
            f"has the format {str(pattern)[:60]!r}; supported: one of %d %f %e %g %x %o, as in '%3.2f'"
        )
    whole = plain[1] in "diuoxX"

    def of(text: str) -> str:
        number = float(text)
        return str(pattern) % (int(number) if whole else number)

    return texts_to(of, arguments[:1], element, STRING)


def _grouped(pattern: re.Match[str]) -> Of:
    before, width, kind, after = pattern.groups()

    def of(text: str) -> str:
        number = int(float(text)) if kind == "d" else float(text)
        size, _, digits = width.partition(".")
        written = format(number, f",.{digits}{kind}" if digits else f",{kind}")
        return before.replace("%%", "%") + written.rjust(int(size or 0)) + after.replace("%%", "%")

    return of


def _format_best(element: Element, argument: Expression, width: float) -> Expression:
    """A width instead of a pattern: SAS's BESTw."""
    if width not in WIDTHS:
        raise element.unsupported(f"has the width {width:g} for SAS's BESTw.; supported: 1 to {max(WIDTHS)}")
    number = numbers_of(argument, element)
    written = texts_to(lambda text: write_best(float(text), int(width)), [argument], element, STRING)

    def evaluate(batch: Batch) -> Column:
        words = written.evaluate(batch)
        lost = is_missing(words) & ~np.isnan(number(batch))
        batch.reject(lost, f"the number cannot be written in {width:g} characters as SAS writes it (BESTw.)")
        return words

    return Expression(STRING, evaluate)


TEXT: Final[dict[str, Function]] = {
    "uppercase": of_texts(lambda text: text.upper(), (1, 1)),
    "lowercase": of_texts(lambda text: text.lower(), (1, 1)),
    "trimBlanks": of_texts(lambda text: text.strip(), (1, 1)),
    "stringLength": of_texts(lambda text: str(len(text)), (1, 1), INTEGER),
    "substring": Function(_compile_substring, (3, 3), total=True),
    "concat": Function(_concat, (2, MANY), total=True),
    "matches": Function(_matches, (2, 2), total=True),
    "replace": Function(_replace, (3, 3), total=True),
    "formatNumber": Function(_format_number, (2, 2), total=True),
}
