"""The texts in the boxes of a new experiment: of values, of values that would fit, and of what was probably meant."""

import math
import re
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final
from urllib.parse import urlencode

from liftstream.contracts.typed_numbers import meant_numbers
from liftstream.platform.api.documents import THOUSANDS, WHOLE
from liftstream.platform.documents.new_experiment import with_defaults
from liftstream.platform.pages.fields import GUARD_ROWS, SHARES, shares_of
from liftstream.platform.planning.form import measure_of
from liftstream.service.pages.formatting import plain

ROUNDED_DOWN: Final = frozenset({"power"})
"""Fields that are rounded down; the others are rounded up, so that a rounded value still fits."""
DIGITS: Final = 3
WHOLE_PERCENT: Final = re.compile(r"[1-9]\d?([.]\d+)?")


def shown(name: str, value: Any, shares: frozenset[str] = SHARES) -> str:
    """The text in the box of a field."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if not math.isfinite(value):
        return str(value)
    if name in shares:
        return f"{plain(100 * value, 6)} %"
    return plain(value, 15)


def fitting(name: str, value: float, shares: frozenset[str] = SHARES) -> str:
    """A value that would fit, rounded to what a person would type, to the side on which it still fits."""
    if name == "n_per_arm":
        return plain(math.ceil(value - 1e-9), 15)
    scaled = 100 * value if name in shares else value
    if scaled <= 0:
        return shown(name, value, shares)
    step = 10.0 ** (math.floor(math.log10(scaled)) - DIGITS + 1)
    parts = scaled / step
    whole = math.floor(parts + 1e-6) if name in ROUNDED_DOWN else math.ceil(parts - 1e-6)
    text = plain(whole * step, DIGITS)
    return f"{text} %" if name in shares else text


def texts(given: Mapping[str, str]) -> dict[str, str]:
    """What stands in every box: what was typed, or the default."""
    measure = measure_of(given)
    defaults = {
        name: value for name, value in with_defaults({"measure": measure}).items() if name != "measure"
    }
    found = {
        name: given.get(name, shown(name, value, shares_of(measure))) for name, value in defaults.items()
    }
    measured = {
        name: given.get(name, "") for name in ("outcome", *(field.name for field in chain(*GUARD_ROWS)))
    }
    return found | {"measure": given.get("measure", ""), **measured}


def address_with(given: Mapping[str, str], name: str, text: str) -> str:
    """The form with one field changed, for browsers without JavaScript."""
    return f"/experiments/new?{urlencode({**given, name: text})}"


def meant(name: str, text: str, shares: frozenset[str] = SHARES) -> str | None:
    """What a person probably meant by a text that was refused: a decimal comma, marks of thousands, or percent without
    its sign."""
    typed = text.strip()
    if name in WHOLE and THOUSANDS.fullmatch(typed):
        return None
    number = typed.removesuffix("%").rstrip()
    if found := meant_numbers(number):
        return f"{found[0]} %" if number != typed else found[0]
    if name in shares and WHOLE_PERCENT.fullmatch(typed):
        return f"{typed} %"
    return None
