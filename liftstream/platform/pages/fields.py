"""The fields of a new experiment as a person meets them: names in plain words, hints, and the texts in the boxes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from liftstream.platform.documents.new_experiment import DEFAULTS
from liftstream.service.pages.formatting import plain

SHARES: Final = frozenset({"alpha", "power", "share"})
"""Read and shown in percent."""
ROUNDED_DOWN: Final = frozenset({"power"})
"""What may only be promised less of; the others are rounded up, so that a rounded value still fits."""
DIGITS: Final = 3
DECIMAL_COMMA: Final = re.compile(r"-?\d+,\d+( ?%)?")
WHOLE_PERCENT: Final = re.compile(r"[1-9]\d?([.]\d+)?")


@dataclass(frozen=True)
class FormField:
    """One field of the form.

    Attributes:
        term: the field's own word for it.
        unit: behind the box.
        choices: value and label of each, where there is a list to choose from.
    """

    name: str
    label: str
    term: str
    hint: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    numeric: bool = True


NAME = FormField(
    "name",
    "Name",
    "",
    "Shown as the title of the experiment. For example: New category, LR at 0.65.",
    numeric=False,
)
LINKED: Final = (
    FormField(
        "effect",
        "Smallest improvement worth having",
        "effect",
        "Below it you would leave the shop as it is. Half of it needs four times the clients.",
        "$ per client",
    ),
    FormField(
        "alpha",
        "Risk of a false win",
        "significance level",
        "How often a candidate without any effect is declared better by chance. 5 % is usual.",
    ),
    FormField(
        "power",
        "Chance to detect it",
        "power",
        "How often an improvement of this size is found. 80 % is usual; the others are missed.",
    ),
    FormField(
        "n_per_arm",
        "Clients per arm",
        "sample size",
        "This many clients per arm: the original and each candidate.",
        "clients",
    ),
)
SPREAD = FormField(
    "sd",
    "How much money varies between clients",
    "standard deviation",
    "Take it from the revenue per client of past weeks. Twice the spread needs four times the clients.",
    "$",
)
LOOKS = FormField(
    "looks",
    "How often to look",
    "analyses",
    "Each look may end the experiment early. Planned interim analyses need slightly more clients; unplanned ones cause false positives.",
    "times",
)
MORE: Final = (
    FormField(
        "alternative",
        "What to find out",
        "alternative",
        "Harm is noticed and ends the experiment in both; two-sided also proves it.",
        choices=(
            ("one-sided", "whether it earns more (one-sided)"),
            ("two-sided", "whether it earns more or less (two-sided)"),
        ),
        numeric=False,
    ),
    FormField(
        "spending",
        "How the looks share the risk",
        "spending function",
        "Strict at first keeps the last look almost as sharp as without looks.",
        choices=(
            ("obf", "strict at first (O'Brien-Fleming)"),
            ("pocock", "alike at every look (Pocock)"),
            ("hsd", "between the two (Hwang-Shih-DeCani)"),
            ("kim-demets", "by a power of time (Kim-DeMets)"),
        ),
        numeric=False,
    ),
    FormField(
        "candidates",
        "Candidates",
        "arms besides the original",
        "Each gets its own token and as many clients; together they share the significance.",
    ),
    FormField(
        "share", "Part of the clients", "traffic", "The others see the shop as it is and are not counted."
    ),
    FormField(
        "exclusive",
        "Group",
        "exclusive experiments",
        "Experiments of one group share no client. Empty: independent of all others.",
        numeric=False,
    ),
)


LABELS: Final = {field.name: field.label for field in (NAME, *LINKED, SPREAD, LOOKS, *MORE)}


def shown(name: str, value: Any) -> str:
    """The text in the box of a field."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if not math.isfinite(value):
        return str(value)
    if name in SHARES:
        return f"{plain(100 * value, 6)} %"
    return plain(value, 15)


def fitting(name: str, value: float) -> str:
    """A value that would fit, rounded to what a person would type, to the side on which it still fits."""
    if name == "n_per_arm":
        return plain(math.ceil(value - 1e-9), 15)
    scaled = 100 * value if name in SHARES else value
    if scaled <= 0:
        return shown(name, value)
    step = 10.0 ** (math.floor(math.log10(scaled)) - DIGITS + 1)
    parts = scaled / step
    whole = math.floor(parts + 1e-6) if name in ROUNDED_DOWN else math.ceil(parts - 1e-6)
    text = plain(whole * step, DIGITS)
    return f"{text} %" if name in SHARES else text


def texts(given: Mapping[str, str]) -> dict[str, str]:
    """What stands in every box: what was typed, or the default."""
    return {name: given.get(name, shown(name, value)) for name, value in DEFAULTS.items()}


def address_with(given: Mapping[str, str], name: str, text: str) -> str:
    """The form with one field changed, for browsers without JavaScript."""
    return f"/experiments/new?{urlencode({**given, name: text})}"


def meant(name: str, text: str) -> str | None:
    """What a person probably meant by a text that was refused: a decimal comma, or percent without its sign."""
    typed = text.strip()
    if DECIMAL_COMMA.fullmatch(typed):
        return typed.replace(",", ".")
    if name in SHARES and WHOLE_PERCENT.fullmatch(typed):
        return f"{typed} %"
    return None


def label_of(name: str) -> str:
    """The label over the box of a field; the name itself where there is no box."""
    return LABELS.get(name, name)
