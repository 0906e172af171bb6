"""The letters that a part of a parsed pattern can take or begin with: whether two parts can meet in one place."""

from typing import Any, Final

REPETITIONS: Final = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
SPACES: Final = "\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
KINDS: Final = {
    **{chr(code): {chr(code), chr(code).upper()} for code in range(128) if not chr(code).isupper()},
    "i": {"i", "I", "ı", "İ"},  # these three are equal to more where case is ignored
    "k": {"k", "K", "\u212a"},
    "s": {"s", "S", "ſ"},
    "é": {"é", "É"},  # a letter, a digit, a space and none of them: all that classes tell apart beyond ASCII
    "٣": {"٣"},
    "\xa0": {"\xa0"},
    "—": {"—"},
}
"""Letters that stand for all: a class of a pattern holds all that its representative stands for, or none."""
ANY: Final = frozenset(KINDS)
NOTHING: Final[frozenset[str]] = frozenset()
FOUND: Final = frozenset({"found"})
"""What comes after a pattern's last part, instead of letters."""


def first_of(sequence: Any, after: frozenset[str]) -> frozenset[str]:
    """The letters that a sequence, and what comes after it, can begin with."""
    for part in reversed(list(sequence)):
        after = first(part, after)
    return after


def first(part: Any, after: frozenset[str]) -> frozenset[str]:
    """The letters that one part, and what comes after it, can begin with."""
    operation, argument = part
    name = str(operation)
    letters = letters_of(part)
    if letters is not None:
        return letters
    if name in REPETITIONS:
        begins = first_of(argument[2], after)
        return begins | after if argument[0] == 0 else begins
    if name == "BRANCH":
        return frozenset().union(*(first_of(alternative, after) for alternative in argument[1]))
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return first_of(argument if name == "ATOMIC_GROUP" else argument[3], after)
    return after - FOUND if name == "AT" else ANY


def letters_of(part: Any) -> frozenset[str] | None:
    """The letters of a part that takes exactly one, None for any other part; too many rather than too few."""
    operation, argument = part
    name = str(operation)
    if name in ("LITERAL", "NOT_LITERAL"):
        alone = frozenset(kind for kind, letters in KINDS.items() if chr(argument) in letters)
        if argument > 127:
            return ANY
        return alone if name == "LITERAL" else ANY
    if name in ("ANY", "ANY_ALL"):
        return ANY
    if name != "IN":
        return None
    return _members(argument)


def _members(items: Any) -> frozenset[str]:
    negated = str(items[0][0]) == "NEGATE"
    found: set[str] = set()
    whole: set[str] = set()
    for operation, argument in items[negated:]:
        kinds = _item(str(operation), argument)
        if kinds is None:
            return ANY
        found |= {kind for kind, letters in KINDS.items() if letters & kinds}
        whole |= kinds
    if not negated:
        return frozenset(found)
    return frozenset(kind for kind, letters in KINDS.items() if not letters <= whole)


def _item(name: str, argument: Any) -> set[str] | None:
    """The letters, among all that stand for others, that an entry of a class holds; None where that is not known."""
    letters = {letter for group in KINDS.values() for letter in group}
    if name == "LITERAL":
        return None if argument > 127 else {chr(argument)}
    if name == "RANGE":
        return None if argument[1] > 127 else {x for x in letters if argument[0] <= ord(x) <= argument[1]}
    test = {"SPACE": str.isspace, "DIGIT": str.isdecimal, "WORD": _is_word}.get(
        str(argument).removeprefix("CATEGORY_").removeprefix("NOT_")
    )
    if name != "CATEGORY" or test is None:
        return None
    return {letter for letter in letters if test(letter) != ("_NOT_" in str(argument))}


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
