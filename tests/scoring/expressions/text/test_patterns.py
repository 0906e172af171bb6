"""Regular expressions of hostile files: what is refused, and what texts the others are searched in."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.scoring.expressions.text.pattern_dialects import PatternError
from liftstream.scoring.expressions.text.patterns import LONGEST_TEXT, guard, replacement_of
from liftstream.scoring.xml.element import Element

STOP_WORDS = r"(^|\s+)\p{Punct}*(a|an|any|anyone|the|then|there)\p{Punct}*(\s+|$)"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        r"(a)\1",
        "(ab|a|b)*c",
        "(?:a|b|ab)+",
        "(a?b?)*c",
        "a?" * 22 + "a" * 22 + "[bc]",
        "(a|ab)(c|bcd)(d*)" * 12 + "$",
        "x" * 30_000,
    ],
)
def test_a_pattern_whose_search_could_explode_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="could take forever"):
        guard(pattern)


@pytest.mark.parametrize("pattern", [r"\p{L}", "[[:word:]]", "(", r"(?a)\w", r"(?a:\w)b", "(" * 3_000])
def test_a_pattern_that_would_mean_something_else_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        guard(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\s+", r"[\s\-]", r"\w\w+", r"(?u)\b\w\w+\b", STOP_WORDS, "is|are|seem(ed|s?)|were", "[^a-z]+"],
)
def test_patterns_of_ordinary_models_are_searched_in_long_texts(pattern: str) -> None:
    assert guard(pattern).affords("word, other! " * 2_000)
    assert not guard(pattern).affords("x" * (LONGEST_TEXT + 1))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (STOP_WORDS, " " * 5_000),
        (r"\s+x", "\u3000" * 5_000),
        ("[a-z]+[0-9]", "a" * 5_000),
        (r"\w+-", "é" * 5_000),
        (".*x", "a" * 1_001),
        ("a*a*a*b", "a" * 100),
    ],
)
def test_a_text_that_makes_the_search_turn_back_too_often_is_not_searched(pattern: str, text: str) -> None:
    assert not guard(pattern).affords(text)


@pytest.mark.parametrize("pattern", [r"\p{Punct}", "[[:punct:]]", r"[\p{Punct}]"])
def test_classes_of_java_and_perl_hold_their_letters(pattern: str) -> None:
    assert set(re.findall(guard(pattern).regex, "".join(map(chr, range(256))))) == set(string.punctuation)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"\Qa.b\E.", ["a.bc"]), (r"\Qa.", ["a."]), (r"b\hc", ["b\xa0c"]), (r"[\hx]+", ["\xa0", "x\t"]), (r"\t\z", ["\t"]),
        (r"(?<first>a)\.b", ["a"]), (r"[(?<a>]+", ["a", "a"]),
    ],
)  # fmt: skip
def test_what_pcre_writes_otherwise_than_python_means_the_same(pattern: str, found: list[str]) -> None:
    assert guard(pattern).regex.findall("a.bcb\xa0cax\t") == found


@pytest.mark.parametrize(
    ("replacement", "result"),
    [
        ("$2-$1", "y-x"),
        ("\\$1", "$1"),
        ("$$1", "$1"),
        ("a\\\\b", "a\\b"),
        ("a\\b", "ab"),
        ("$", "$"),
        ("\\", "\\"),
        ("${n}!", "y!"),
        ("\\2+\\1", "y+x"),
    ],
)
def test_a_replacement_names_groups_and_escapes_with_backslashes(replacement: str, result: str) -> None:
    """As XPath and Java have it, and PCRE."""
    guarded = guard("(x)(?<n>y)")
    assert (
        guarded.regex.sub(replacement_of(guarded, replacement, Element("Apply", {}, 1, "m")), "xy") == result
    )


def test_a_negated_class_of_java_holds_the_others() -> None:
    assert guard(r"\P{Digit}+").regex.findall("a1é22b") == ["a", "é", "b"]
    with pytest.raises(PatternError, match="names the class"):
        guard(r"[\P{Digit}]")


PARTS = [
    "a",
    "b",
    "[ab]",
    "[^a]",
    r"\s",
    r"\w",
    "(a|b)",
    "(ab|c)",
    "a+",
    r"\s*",
    r"\w+",
    "[^b]*",
    "b?",
    "(ab)+",
    "(a|ab)",
    "(a|$)",
    r"\b",
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6), st.text("ab \n", max_size=30))
def test_guarding_changes_nothing_that_a_pattern_finds(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    guarded = guard(pattern)
    if guarded.affords(text):
        assert guarded.regex.sub("-", text) == re.sub(pattern, "-", text)
