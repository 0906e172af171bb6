"""What an experiment measures: its decision metric and its guards, in the request and in the sealed plan."""

from collections.abc import Mapping
from typing import Any, Final
from unicodedata import category

from liftstream.experiment import Problem
from liftstream.experiment.metrics.kinds import PLANNED
from liftstream.experiment.trial.guard import GUARDS_MOST, PlannedGuard

NAME_LENGTH: Final = 80
METRIC_KEYS: Final = ("kind", "outcome", "source")
GUARD_KEYS: Final = ("name", "kind", "outcome", "source", "margin", "direction", "cap")
OF_REVENUE: Final = ("money", "proportion")
OF_OUTCOMES: Final = ("proportion", "count", "mean", "money")
BOUGHT: Final = "bought"
"""The name of the share of clients who bring money."""
COLUMNS: Final = frozenset({"client", "uuid", "arm", "revenue", "look"})
"""Columns of the file of clients, which no guard may be called."""

MARKS: Final = frozenset("\u200c\u200d\u200e\u200f")
"""Have no width, and belong to names: joiners of Persian, Hindi and emoji, and directions of Arabic and Hebrew."""

Read = tuple[Any, list[Problem]]


def is_name(value: Any, longest: int = NAME_LENGTH) -> bool:
    """Whether a value is a visible text of at most this length; all spaces count, such as the wide one of Japanese."""
    if not isinstance(value, str) or len(value) > longest:
        return False
    visible = {letter for letter in value if letter not in MARKS and category(letter) != "Zs"}
    return bool(visible) and all(map(str.isprintable, visible))


def read_metric(wanted: Any) -> tuple[dict[str, Any], list[Problem]]:
    """The decision metric, as fields of a plan; money by default."""
    if wanted is None:
        return {}, []
    if not isinstance(wanted, dict) or wanted.get("kind") not in PLANNED:
        said = f'an object is accepted: {{"kind": "{"|".join(PLANNED)}", "outcome": "contact"}}'
        return {}, [Problem("metric", said)]
    unknown = [name for name in wanted if name not in METRIC_KEYS]
    if unknown:
        return {}, [Problem(f"metric.{str(unknown[0])[:80]}", "a metric has kind, and outcome or source")]
    if wanted.get("source") == "revenue":
        return _of_revenue(wanted)
    if wanted["kind"] == "money":
        return {}, []
    if not is_name(wanted.get("outcome")):
        said = "name the outcome of topic_outcome that is counted, such as contact"
        return {}, [
            Problem("metric.outcome", f"{said} (the share of clients who buy has the source revenue)")
        ]
    return {"kind": wanted["kind"], "outcome": wanted["outcome"]}, []


def _of_revenue(wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    if wanted["kind"] not in OF_REVENUE:
        return {}, [Problem("metric.kind", f"of revenue {' or '.join(OF_REVENUE)} is accepted")]
    if wanted.get("outcome") is not None:
        return {}, [Problem("metric.outcome", "leave it out with a source of revenue")]
    if wanted["kind"] == "money":
        return {}, []
    return {"kind": "proportion", "outcome": BOUGHT, "source": "revenue"}, []


def read_guards(wanted: Any, metric: Mapping[str, Any]) -> tuple[list[PlannedGuard], list[Problem]]:
    """The guards, each refused by the field that does not fit."""
    if not isinstance(wanted, list) or len(wanted) > GUARDS_MOST:
        said = f'a list of at most {GUARDS_MOST} guards is accepted: [{{"outcome": "returned", "kind": "proportion", '
        return [], [Problem("guards", f'{said}"margin": 0.01, "direction": "less"}}]')]
    found: list[PlannedGuard] = []
    problems: list[Problem] = []
    for number, one in enumerate(wanted):
        guard, refused = _guard(one, f"guards[{number}]")
        if guard is not None and guard.name in {other.name for other in found}:
            refused = [
                Problem(
                    f"guards[{number}].name",
                    f"another guard is called {guard.name!r}; give it a name of its own",
                )
            ]
        elif guard is not None and _is_decision(guard, metric):
            refused = [
                Problem(
                    f"guards[{number}]",
                    "the decision metric is no guard: what is to improve cannot watch over itself",
                )
            ]
        problems += refused
        found += [guard] if guard is not None and not refused else []
    return found, problems


def _guard(wanted: Any, where: str) -> tuple[PlannedGuard | None, list[Problem]]:
    if not isinstance(wanted, dict):
        return None, [Problem(where, f"an object with {', '.join(GUARD_KEYS)} is accepted")]
    unknown = [str(name)[:80] for name in wanted if name not in GUARD_KEYS]
    if unknown:
        return None, [Problem(f"{where}.{unknown[0]}", f"a guard has {', '.join(GUARD_KEYS)}")]
    values = {key: value for key, value in wanted.items() if value is not None}
    refused = _refused(values)
    if refused is not None:
        return None, [Problem(f"{where}.{refused[0]}", refused[1])]
    outcome = values.pop("outcome", None)
    values["source"] = "revenue" if outcome is None else "outcome"
    usual = outcome or ("money" if values["kind"] == "money" else BOUGHT)
    try:
        return PlannedGuard.of({"name": usual, **values, **({"outcome": outcome} if outcome else {})}), []
    except (ValueError, TypeError) as error:
        field = next((key for key in GUARD_KEYS if str(error).startswith(key)), "")
        return None, [Problem(f"{where}.{field}".rstrip("."), str(error))]


def _refused(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field of a guard that does not fit, and what would."""
    outcome, source = values.get("outcome"), values.get("source")
    if source not in (None, "revenue", "outcome"):  # whatever was sent need not be hashable
        return "source", "revenue or outcome is accepted"
    if source != "revenue" and not is_name(outcome):
        return "outcome", 'name an outcome of topic_outcome, such as returned, or say "source": "revenue"'
    if source == "revenue" and outcome is not None:
        return "outcome", "leave it out with a source of revenue"
    kinds = OF_REVENUE if source == "revenue" else OF_OUTCOMES
    if values.get("kind") not in kinds:
        return "kind", f"{', '.join(kinds)} are accepted"
    cap = values.get("cap", 1)
    if isinstance(cap, bool) or not isinstance(cap, int | float):
        return "cap", "a number above 0 is accepted"
    name = values.get("name", "guard")
    if not is_name(name) or name.casefold() in COLUMNS:
        return (
            "name",
            f"a name of 1 to {NAME_LENGTH} visible characters is accepted, none of {', '.join(sorted(COLUMNS))}",
        )
    if outcome is not None and "name" not in values and outcome.casefold() in COLUMNS:
        return "name", f"give the guard a name of its own: {outcome!r} is a column of the file of clients"
    return None


def _is_decision(guard: PlannedGuard, metric: Mapping[str, Any]) -> bool:
    kind = metric.get("kind", "money")
    if guard.source == "revenue":
        return kind == guard.kind and (kind == "money" or metric.get("source") == "revenue")
    return metric.get("source") is None and (kind, metric.get("outcome")) == (guard.kind, guard.outcome)
