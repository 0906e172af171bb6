"""The fields of a new experiment as a person meets them: names in plain words, and hints."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from liftstream.platform.planning.form import GUARDS, IN_PERCENT

SHARES: Final = frozenset({"alpha", "power", "share"})
"""Read and shown in percent."""


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
            ("pocock", "equal at every look (Pocock)"),
            ("hsd", "between the two (Hwang-Shih-DeCani)"),
            ("kim-demets", "by a power of time (Kim-DeMets)"),
        ),
        numeric=False,
    ),
    FormField(
        "candidates",
        "Candidates",
        "arms in addition to the original",
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


MEASURE = FormField(
    "measure",
    "What should improve",
    "decision metric",
    "Money is summed per client. Outcomes come by topic_outcome.",
    choices=(
        ("", "money per client"),
        ("bought", "share of clients who buy"),
        ("proportion", "share of clients with an outcome"),
        ("count", "outcomes per client"),
    ),
    numeric=False,
)
OUTCOME = FormField(
    "outcome",
    "Name of the outcome",
    "outcome",
    "As topic_outcome says it. For example: contact.",
    numeric=False,
)
BASE_RATES: Final = {
    "bought": FormField(
        "base_rate", "Share who buy today", "base rate", "Of all clients, from past weeks. It says how much clients vary.", "of clients"
    ),
    "proportion": FormField(
        "base_rate", "Share with the outcome today", "base rate", "Of all clients, from past weeks. It says how much clients vary.", "of clients"
    ),
    "count": FormField(
        "base_rate", "Outcomes per client today", "base rate", "From past weeks. Counts are taken to spread as Poisson's.", "per client"
    ),
}  # fmt: skip
EFFECT_UNITS: Final = {"money": "$ per client", "count": "per client"}
POINTS = "points; 1 % is one point"


def linked(measure: str) -> tuple[FormField, ...]:
    """The four linked numbers, in the unit of what is measured."""
    effect, *others = LINKED
    return replace(effect, unit=EFFECT_UNITS.get(measure, POINTS)), *others


def spread(measure: str) -> tuple[FormField, ...]:
    """What says how much clients vary."""
    if measure not in BASE_RATES:
        return (SPREAD,)
    return (BASE_RATES[measure],) if measure == "bought" else (OUTCOME, BASE_RATES[measure])


def guard(row: int) -> tuple[FormField, ...]:
    """The fields of a guard."""

    def named(name: str) -> str:
        return f"guard{row}_{name}"

    return (
        FormField(
            named("measure"), f"Guard {row}: what must not get worse", "", "Tested in addition to the decision metric.",
            choices=(("", "nothing"), ("money", "money per client"), *MEASURE.choices[1:]), numeric=False,
        ),
        FormField(
            named("outcome"), f"Guard {row}: name of the outcome", "", "As topic_outcome says it; empty for money.", numeric=False
        ),
        FormField(
            named("direction"), f"Guard {row}: which way is better", "", "A change the other way is the loss.",
            choices=(("", "more is better"), ("less", "less is better")), numeric=False,
        ),
        FormField(
            named("margin"), f"Guard {row}: loss that could be borne", "margin",
            "The guard holds when a loss of this size is excluded.",
        ),
        FormField(
            named("margin_of"), f"Guard {row}: that loss is in", "", "Points of a share; $ or number per client of all else.",
            choices=(("", "the metric's own unit"), ("original", "% of the original's level")), numeric=False,
        ),
    )  # fmt: skip


GUARD_ROWS: Final = tuple(guard(row) for row in range(1, GUARDS + 1))
LABELS: Final = {
    field.name: field.label
    for field in (
        NAME,
        MEASURE,
        OUTCOME,
        BASE_RATES["count"],
        *LINKED,
        SPREAD,
        LOOKS,
        *MORE,
        *chain(*GUARD_ROWS),
    )
}


def shares_of(measure: str) -> frozenset[str]:
    """The fields that are read and shown in percent."""
    return SHARES | {"effect", "base_rate"} if measure in IN_PERCENT else SHARES


def label_of(name: str) -> str:
    """The label over the box of a field; the name itself where there is no box."""
    return LABELS.get(name, name)


def behind_label(name: str, said: str) -> str:
    """A problem as it stands behind its field's label, which it may begin with."""
    label = label_of(name)
    return said.removeprefix(label) if said.startswith(f"{label} ") else f": {said}"
