"""What Java's and PCRE's regular expressions have that Python's write otherwise: classes, quotes, group names, replacements."""

import re
from typing import Final

PUNCTUATION: Final = r"!-/:-@\[-`{-~"
POSIX: Final = {
    "lower": "a-z",
    "upper": "A-Z",
    "ascii": r"\x00-\x7f",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "punct": PUNCTUATION,
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9a-fA-F",
    "space": r" \t\n\x0b\f\r",
}
BLANKS: Final = r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
"""The horizontal blanks of `\\h`."""
PART: Final = re.compile(
    r"\\(?P<kind>[pP])\{(?P<java>\w+)\}|\[:(?P<posix>\w+):\]|\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|\(\?<(?P<group>[A-Za-z]\w*)>|\\.|[\[\]]",
    re.DOTALL,
)
REPLACEMENT: Final = re.compile(
    r"\\(?P<back>\d)|\\(?P<escaped>.)|\$(?P<dollar>\$)|\$(?P<number>\d)|\$\{(?P<name>[A-Za-z]\w*)\}|(?P<other>.)",
    re.DOTALL,
)


class PatternError(ValueError):
    """A pattern that is not searched with, and why."""


def translate(text: str) -> str:
    """The pattern as Python writes it.

    Raises:
        PatternError: it names a class that is not known.
    """
    inside = False

    def write(found: re.Match[str]) -> str:
        nonlocal inside
        name = found["java"] or found["posix"]
        if name is not None and (found["java"] or inside):
            return _class(found, name, inside)
        if found["quoted"] is not None:
            return re.escape(found["quoted"])
        if found["group"] is not None and not inside:
            return f"(?P<{found['group']}>"
        inside = {"[": True, "]": False}.get(found[0], inside)
        return {"\\h": BLANKS if inside else f"[{BLANKS}]", "\\z": r"\Z"}.get(found[0], found[0])

    return PART.sub(write, text)


def _class(found: re.Match[str], name: str, inside: bool) -> str:
    letters = POSIX.get(name.lower())
    if letters is None or (inside and found["kind"] == "P"):
        raise PatternError(f"which names the class {found[0][:30]}; known: {', '.join(POSIX)}")
    return letters if inside else f"[{'^' if found['kind'] == 'P' else ''}{letters}]"


def template_of(replacement: str) -> str:
    """What replaces a match, as Python writes it: `$1`, `\\1` or `${name}` is a group, `$$` or `\\$` a dollar, `\\\\` a backslash."""

    def write(found: re.Match[str]) -> str:
        group = found["number"] or found["name"] or found["back"]
        if group is not None:
            return rf"\g<{group}>"
        return str(found["escaped"] or found["dollar"] or found["other"]).replace("\\", r"\\")

    return REPLACEMENT.sub(write, replacement)
