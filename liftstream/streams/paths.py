"""Where a value is in a record: `country`, `products.cat17`, `basket[0].price`, `"odd.key"`."""

import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Step: TypeAlias = str | int
"""A key of an object, or a place in a list, which counts from 0, or from its end: -1 is the last."""

LONGEST: Final = 1_000
"""Longest path, in letters."""
MOST_STEPS: Final = 32
FARTHEST: Final = 9_999
"""The largest place in a list, from either end."""

PLAIN: Final = r"[^.\[\]\"\\\s]+"
QUOTED: Final = r'"(?:[^"\\]|\\["\\])*"'
STEP: Final = re.compile(
    rf"(?P<dot>\.?)(?:(?P<plain>{PLAIN})|(?P<quoted>{QUOTED})|\[(?P<place>-?\d{{1,4}})\])"
)
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
"""What `Path.find` returns if a record has nothing there."""


class PathError(ValueError):
    """A text that is not a path; the message says from which letter on."""


class NoWay(ValueError):
    """A record has something else where a path goes on, such as a text where an object is expected."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way to a value in a record, from its object inwards.

    Attributes:
        steps: keys and places, from the outside in; at least one, the first of them a key.
    """

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "".join(_write(step) for step in self.steps).removeprefix(".")

    def then(self, key: str) -> "Path":
        """The path to a key of the object at this path."""
        return Path((*self.steps, key))

    def find(self, record: Any) -> Any:
        """The value in a record of objects, lists and plain values; ABSENT if it has none, or null on the way.

        >>> parse_path("basket[0].price").find({"basket": [{"price": 3.5}]})
        3.5
        >>> parse_path("basket[1].price").find({"basket": [{"price": 3.5}]})
        ABSENT

        Raises:
            NoWay: what is on the way is neither an object nor a list, as the path has it.
        """
        found = record
        for number, step in enumerate(self.steps):
            if found is None:
                return ABSENT
            expected = dict if isinstance(step, str) else list
            if not isinstance(found, expected):
                raise NoWay(
                    f"{Path(self.steps[:number])} is not {'an object' if expected is dict else 'a list'}"
                )
            found = _below(found, step)
            if found is ABSENT:
                return ABSENT
        return found


def _below(found: Any, step: Step) -> Any:
    if isinstance(step, str):
        return found.get(step, ABSENT)
    return found[step] if -len(found) <= step < len(found) else ABSENT


def _write(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if re.fullmatch(PLAIN, step):
        return f".{step}"
    return '."' + re.sub(r'(["\\])', r"\\\1", step) + '"'


def parse_path(text: str) -> Path:
    r"""The path that a text says.

    Keys are parted by dots; `[0]` is a place in a list, `[-1]` its last one. A key with a dot, a bracket, a space, a
    quote or a backslash in it is quoted, `"odd.key"`, with `\"` and `\\` inside.

    >>> parse_path('shop."post code"[2].x').steps
    ('shop', 'post code', 2, 'x')

    Raises:
        PathError: it is none.
    """
    if len(text) > LONGEST:
        raise PathError(f"a path of {len(text)} letters; at most {LONGEST} are read")
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = STEP.match(text, at)
        if match is None or not _continues(match, first=not steps):
            raise PathError(f"no path from letter {at + 1} on ({text[at : at + 12]!r})")
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise PathError("an empty path")
    if len(steps) > MOST_STEPS:
        raise PathError(f"a path of {len(steps)} steps; at most {MOST_STEPS} are read")
    return Path(tuple(steps))


def _continues(match: re.Match[str], *, first: bool) -> bool:
    """Whether a step is allowed at its place: keys after a dot, except the first; places without one."""
    dot, is_key = bool(match["dot"]), match["place"] is None
    return is_key and not dot if first else dot == is_key


def _step(match: re.Match[str]) -> Step:
    if match["place"] is not None:
        return int(match["place"])
    return match["plain"] or ESCAPED.sub(r"\1", match["quoted"][1:-1])
