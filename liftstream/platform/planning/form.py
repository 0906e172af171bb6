"""Converts the flat fields of a new experiment's form to the request of `POST /api/experiments`, and back."""

import re
from collections.abc import Mapping
from typing import Any, Final

from liftstream.platform.planning.measures import BOUGHT

GUARDS: Final = 3
"""Guards that the form has room for; the API takes more."""
EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "money": {"effect": 0.7, "sd": 15.0, "n_per_arm": 5_678},
    "bought": {"base_rate": 0.05, "effect": 0.01, "n_per_arm": 6_426},
    "proportion": {"base_rate": 0.05, "effect": 0.01, "n_per_arm": 6_426},
    "count": {"base_rate": 1.0, "effect": 0.1, "n_per_arm": 1_299},
}
"""What may be measured, each with numbers that fit together as a start."""
IN_PERCENT: Final = frozenset({"bought", "proportion"})
GUARD_FIELDS: Final = ("measure", "outcome", "direction", "margin", "margin_of")
TEXTS: Final = frozenset(
    {
        "measure",
        "measured",
        "outcome",
        *(f"guard{i}_{name}" for i in range(1, GUARDS + 1) for name in GUARD_FIELDS),
    }
)
"""Fields of the form that are read as texts."""
OF_GUARD: Final = re.compile(r"guards\[(\d+)\]\.?(\w*)")


def measure_of(values: Mapping[str, Any]) -> str:
    """What an experiment measures; money where nothing is said."""
    return str(values.get("measure") or "money")


def asked_for(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields as a document for `read_request`; without `measure` and guards they are one already."""
    found = {name: value for name, value in values.items() if name not in TEXTS}
    measure = measure_of(values)
    if measure != "money":
        found.pop("sd", None)
        found["metric"] = _metric(measure, values.get("outcome"))
    elif "measure" in values:
        found.pop("base_rate", None)
    guards = [_guard(values, row) for row in guard_rows(values)]
    return found | ({"guards": guards} if guards else {})


def guard_rows(values: Mapping[str, Any]) -> list[int]:
    """The rows of guards that are filled in, from 1."""
    return [row for row in range(1, GUARDS + 1) if values.get(f"guard{row}_measure")]


def field_of(problem: str, values: Mapping[str, Any]) -> str:
    """The form's field for a field of the API, where their names differ."""
    named = {"metric": "measure", "metric.kind": "measure", "metric.outcome": "outcome"}
    guard = OF_GUARD.fullmatch(problem)
    rows = guard_rows(values)
    if guard is None or int(guard[1]) >= len(rows):
        return named.get(problem, problem)
    inner = {"": "measure", "kind": "measure", "source": "measure", "name": "outcome", "cap": "measure"}
    return f"guard{rows[int(guard[1])]}_{inner.get(guard[2], guard[2])}"


def measures_of_plan(plan: Any) -> dict[str, str]:
    """The fields of the form for what a sealed plan measures, for another try; guards that it has no room for are left
    out."""
    measure = BOUGHT if plan.source == "revenue" else plan.kind
    found = {} if measure == "money" else {"measure": measure}
    found |= {"outcome": plan.outcome} if plan.outcome and measure != BOUGHT else {}
    fitting = [guard for guard in plan.guards if guard.kind != "mean" and guard.cap is None]
    for row, guard in enumerate(fitting[:GUARDS], start=1):
        in_percent = guard.relative_margin or guard.kind == "proportion"
        of_money = guard.source == "revenue" and guard.kind == "proportion"
        found |= {
            f"guard{row}_measure": BOUGHT if of_money else guard.kind,
            f"guard{row}_outcome": guard.outcome or "",
            f"guard{row}_direction": "" if guard.direction == "more" else guard.direction,
            f"guard{row}_margin": f"{100 * guard.margin if in_percent else guard.margin:.10g}",
            f"guard{row}_margin_of": "original" if guard.relative_margin else "",
        }
    return found


def _metric(measure: str, outcome: Any) -> dict[str, Any]:
    if measure == "bought":
        return {"kind": "proportion", "source": "revenue"}
    return {"kind": measure} | ({"outcome": outcome} if outcome else {})


def _guard(values: Mapping[str, Any], row: int) -> dict[str, Any]:
    given = {name: values.get(f"guard{row}_{name}") for name in GUARD_FIELDS}
    measure = str(given["measure"])
    found: dict[str, Any] = {"kind": "proportion" if measure == "bought" else measure}
    if measure in {"money", "bought"} and not given["outcome"]:
        found["source"] = "revenue"
    elif given["outcome"]:
        found["outcome"] = given["outcome"]
    found["direction"] = given["direction"] or "more"
    margin = _margin(str(given["margin"] or ""), measure, given["margin_of"] == "original")
    return found | ({} if margin is None else {"margin": margin})


def _margin(text: str, measure: str, of_original: bool) -> float | str | None:
    """A margin as typed: of shares in points, relative to the original in percent, with its sign or without."""
    if not text.strip():
        return None
    in_percent = of_original or measure in IN_PERCENT
    bare = text.strip().removesuffix("%").strip() if in_percent else text.strip()
    try:
        number = float(bare)
    except ValueError:
        return text
    if of_original:
        return f"{number!r}%"
    return number / 100 if in_percent else number
