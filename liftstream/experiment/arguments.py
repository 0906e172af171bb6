"""Refuses invalid arguments: ValueError names the argument, its value and what is accepted."""

import math
from collections.abc import Collection
from typing import Any, NoReturn


def refuse(name: str, value: Any, accepted: str) -> NoReturn:
    """Raises the ValueError of an argument that is not accepted."""
    raise ValueError(f"{name} must be {accepted}, got {shown(value)}")


def shown(value: Any) -> str:
    """A value as people write it: no text of Python's or numpy's own.

    >>> shown("a"), shown(None), shown([1, 2.5]), shown(float("nan"))
    ("'a'", 'nothing', '1, 2.5', 'no number')
    """
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items()) or "none"
    if isinstance(value, int) or not hasattr(value, "__float__"):
        return str(value)
    number = float(value)
    return "no number" if number != number else repr(number)


def number(name: str, value: Any) -> float:
    """A finite number."""
    try:
        if isinstance(value, bool) or not hasattr(value, "__float__") or not math.isfinite(value):
            refuse(name, value, "a finite number")
        return float(value)
    except OverflowError:
        refuse(name, f"{str(value)[:20]}...", "a number that fits into a double")


def positive(name: str, value: Any) -> float:
    """A number above 0."""
    if number(name, value) <= 0:
        refuse(name, value, "above 0")
    return float(value)


def not_negative(name: str, value: Any) -> float:
    """A number of at least 0."""
    if number(name, value) < 0:
        refuse(name, value, "at least 0")
    return float(value)


FRACTION_LEAST = 1e-300
"""Half of it is still a number with all its digits."""


def fraction(name: str, value: Any) -> float:
    """A number between 0 and 1, neither of them."""
    if not 0 < number(name, value) < 1:
        refuse(name, value, "between 0 and 1")
    if value < FRACTION_LEAST:
        refuse(name, value, f"at least {FRACTION_LEAST:g}")
    return float(value)


ALPHA_LEAST = 1e-100
"""Shared by candidates and spent over looks, it stays a number with all its digits."""


def significance(name: str, value: Any) -> float:
    """A significance level: between 0 and 1, and large enough to be shared and spent."""
    if fraction(name, value) < ALPHA_LEAST:
        refuse(name, value, f"at least {ALPHA_LEAST:g}")
    return float(value)


def at_least(name: str, value: Any, least: float) -> float:
    """A number of at least `least`."""
    if number(name, value) < least:
        refuse(name, value, f"at least {least:g}")
    return float(value)


def within(name: str, value: Any, least: float, most: float) -> float:
    """A number of `least` to `most`."""
    if not least <= number(name, value) <= most:
        refuse(name, value, f"in {least:g}..{most:g}")
    return float(value)


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least `least`."""
    if number(name, value) != int(value) or value < least:
        refuse(name, value, f"a whole number of at least {least}")
    return int(value)


def one_of(name: str, value: Any, accepted: Collection[str]) -> str:
    """One of the words that are known."""
    if value not in accepted:
        refuse(name, value, "one of " + ", ".join(accepted))
    return str(value)
