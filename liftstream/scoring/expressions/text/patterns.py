"""Regular expressions of a model's file, which may be hostile: a search ends soon, or it is refused.

A repetition within a repetition, a back reference, and choices that multiply are refused outright. For the rest the
parsed pattern says how a search can turn back. A repetition of single letters that cannot begin what follows takes its
run of them in one way only; then the cost is the text's length times its longest such run, and texts of ordinary length
are searched. Every other repetition multiplies the cost by the text's length, and bounds it.

Patterns are those of Python, with what Java and PCRE have beside (`pattern_dialects.py`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from liftstream.scoring.expressions.text.pattern_dialects import PatternError, template_of, translate
from liftstream.scoring.expressions.text.pattern_letters import (
    ANY,
    FOUND,
    KINDS,
    NOTHING,
    REPETITIONS,
    SPACES,
    first,
    first_of,
    letters_of,
)
from liftstream.scoring.xml.element import Element

LONGEST_PATTERN: Final = 20_000
LONGEST_TEXT: Final = 100_000
LONGEST_REPLACEMENT: Final = 200
MOST_PATHS: Final = 1_000
STEPS: Final = 1_000_000
QUICK_STEPS: Final = 20_000_000
"""Steps of a search that only scans: about 50 ms."""
ALTERNATIVES_A_STEP: Final = 8
"""Alternatives are told by their first letter in a fraction of the time that a step back takes."""
ENDLESS: Final = "whose search could take forever"
OTHER_CLASSES: Final = r"which changes what \w, \d and \s mean; write the letters out"
TOO_LONG: Final = "the text is too long for the model's pattern"

REFERENCES: Final = {"GROUPREF", "GROUPREF_EXISTS"}


@dataclass(frozen=True)
class Guarded:
    """A pattern and the texts that are searched with it.

    `longest` bounds their length; where `runs` is set, length * `weight` * the longest of their runs is bounded too.
    """

    regex: re.Pattern[str]
    longest: int
    weight: int = 1
    runs: re.Pattern[str] | None = None

    def affords(self, text: str) -> bool:
        """Whether a search of this text ends soon."""
        length = len(text)
        if length > self.longest:
            return False
        if self.runs is None or length * length * self.weight <= QUICK_STEPS:
            return True
        run = max(map(len, self.runs.findall(text)), default=0)
        return length * self.weight * (1 + run) <= QUICK_STEPS


@dataclass
class _Shape:
    """What a walk through a parsed pattern finds: where its search can turn back, and how often it looks."""

    turns: int = 0
    paths: int = 1
    width: int = 1
    steady: set[str] = field(default_factory=set)


@lru_cache(maxsize=512)
def guard(text: str, ignore_case: bool = False) -> Guarded:
    """A pattern of a file, compiled.

    Raises:
        PatternError: it is not understood, or a search with it could take forever.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternError(ENDLESS)
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    shape = _Shape()
    try:
        python = translate(text)
        regex = re.compile(python, flags)
        parsed = parser.parse(python, flags)
        _walk(parsed, FOUND, False, shape)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"which is not understood: {error}") from error
    if regex.flags & re.ASCII:
        raise PatternError(OTHER_CLASSES)
    if shape.paths > MOST_PATHS:
        raise PatternError(ENDLESS)
    return _bound(regex, shape)


def _bound(regex: re.Pattern[str], shape: _Shape) -> Guarded:
    weight = shape.paths * shape.width
    if shape.turns:
        power = 1 + shape.turns + bool(shape.steady)
        longest = (STEPS / weight) ** (1 / power)
        return Guarded(regex, min(LONGEST_TEXT, int(longest)))
    if not shape.steady:
        return Guarded(regex, min(LONGEST_TEXT, QUICK_STEPS // weight))
    return Guarded(regex, LONGEST_TEXT, weight, _runs(shape.steady))


def _runs(kinds: set[str]) -> re.Pattern[str]:
    """Runs of the letters that these kinds stand for, or of more."""
    plain = {letter for kind in kinds for letter in KINDS[kind] if letter.isascii()}
    beyond = {kind for kind in kinds if not KINDS[kind] <= plain}
    rest = "" if not beyond else SPACES if beyond == {"\xa0"} else "\x80-\U0010ffff"
    return re.compile(f"[{''.join(map(re.escape, sorted(plain)))}{rest}]+")


def _walk(sequence: Any, after: frozenset[str], inside: bool, shape: _Shape) -> None:
    """Takes in what a sequence of parsed parts does; `after` are the letters that can follow it."""
    rest = after
    for part in reversed(list(sequence)):
        _take_in(part, rest, inside, shape)
        rest = first(part, rest)


def _take_in(part: Any, rest: frozenset[str], inside: bool, shape: _Shape) -> None:
    operation, argument = part
    name = str(operation)
    if name in REFERENCES:
        raise PatternError(ENDLESS)
    if name in REPETITIONS:
        _repeat(name, argument, rest, inside, shape)
    elif name == "BRANCH":
        _branch(argument[1], rest, inside, shape)
    elif name in ("ASSERT", "ASSERT_NOT"):
        _walk(argument[1], ANY, inside, shape)
    elif name == "ATOMIC_GROUP":
        _walk(argument, rest, inside, shape)
    elif name == "SUBPATTERN":
        if argument[1] & re.ASCII:
            raise PatternError(OTHER_CLASSES)
        _walk(argument[3], rest, inside, shape)


def _repeat(name: str, argument: Any, rest: frozenset[str], inside: bool, shape: _Shape) -> None:
    low, high, body = argument
    if high <= 1:
        if first_of(body, NOTHING) & rest or _may_be_empty(body):
            _multiply(2, inside, shape)
        _walk(body, rest, inside, shape)
        return
    if inside:
        raise PatternError(ENDLESS)
    letters = letters_of(body[0]) if len(body) == 1 else None
    if letters is not None and rest == FOUND:
        shape.width += low
    elif letters is not None and (name == "POSSESSIVE_REPEAT" or not letters & rest):
        shape.steady |= letters
        shape.width += 1
    else:
        shape.turns += 1
    _walk(body, rest | first_of(body, rest), True, shape)


def _branch(alternatives: Sequence[Any], rest: frozenset[str], inside: bool, shape: _Shape) -> None:
    shape.width += len(alternatives) // ALTERNATIVES_A_STEP + 1
    words = [_word(alternative) for alternative in alternatives]
    if all(word is not None for word in words):
        ways = _longest_chain([word for word in words if word is not None])
    else:
        firsts = [first_of(alternative, rest) for alternative in alternatives]
        apart = sum(map(len, firsts)) == len(frozenset().union(*firsts))
        ways = 1 if apart else len(alternatives)
    _multiply(ways, inside, shape)
    for alternative in alternatives:
        _walk(alternative, rest, inside, shape)


def _multiply(ways: int, inside: bool, shape: _Shape) -> None:
    if inside and ways > 1:
        raise PatternError(ENDLESS)
    shape.paths = min(shape.paths * ways, MOST_PATHS + 1)


def _longest_chain(words: list[str]) -> int:
    """How many of the words can stand at one place: each the beginning of the next."""
    counts = Counter(word.lower() for word in words)
    return max(sum(counts[word[:end]] for end in range(len(word) + 1)) for word in counts)


def _word(sequence: Any) -> str | None:
    """The text that a sequence of literal letters is, None for any other."""
    parts = list(sequence)
    return "".join(chr(a) for _, a in parts) if all(str(o) == "LITERAL" for o, _ in parts) else None


def _may_be_empty(sequence: Any) -> bool:
    return bool(sequence.getwidth()[0] == 0)


def guard_of(text: str, element: Element, ignore_case: bool = False) -> Guarded:
    """A pattern that stands in an element.

    Raises:
        ModelUnsupported: it is not understood, or a search with it could take forever.
    """
    try:
        return guard(text, ignore_case)
    except PatternError as error:
        raise element.unsupported(f"has the pattern {text[:60]!r}, {error}") from error


def replacement_of(guarded: Guarded, replacement: str, element: Element) -> str:
    """What Python puts in place of a match for a replacement of a file.

    Raises:
        ModelUnsupported: it names a group that the pattern does not have, or is too long.
    """
    if len(replacement) > LONGEST_REPLACEMENT:
        raise element.unsupported(f"has a replacement of more than {LONGEST_REPLACEMENT} characters")
    template = template_of(replacement)
    try:
        re.compile(guarded.regex.pattern + "|", guarded.regex.flags).sub(template, "")
    except (re.error, IndexError) as error:
        raise element.unsupported(f"has the replacement {replacement[:60]!r}: {error}") from error
    return template
