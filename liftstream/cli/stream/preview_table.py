"""What `liftstream stream check` shows: rows as a table or a document, and what was found on each side."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from liftstream.cli.tables import wide_console
from liftstream.streams.definition import FeatureValue, Stream
from liftstream.streams.model_fit import ModelFit
from liftstream.streams.preview import Preview, PreviewRow

COLUMNS_SHOWN: Final = 8
FAULTS_SHOWN: Final = 5
LONGEST_CELL: Final = 36
ID_WIDTH, WRONG_WIDTH, EDGE = 18, 16, 3
"""Smallest widths of the columns id and wrong; width of what separates two columns."""


def as_document(
    stream: Stream, found: Preview, scores: Sequence[Any], fit: ModelFit | None
) -> dict[str, Any]:
    """Rows, sides and notices."""
    rows = [
        {
            "id": row.id,
            "apart_s": row.apart_s,
            "values": dict(row.values),
            "score": score,
            "wrong": list(row.wrong),
        }
        for row, score in zip(found.rows, scores, strict=True)
    ]
    sides = [
        {
            "side": side.name,
            "topic": side.topic,
            "records": side.records,
            "readable": side.readable,
            "faults": [
                {"what": what, "records": times, "detail": first}
                for what, (times, first) in side.faults.items()
            ],
            "oddities": dict(side.oddities),
        }
        for side in found.sides
    ]
    return {"stream": stream.name, "rows": rows, "sides": sides, "notices": list(fit.notices) if fit else []}


def print_preview(stream: Stream, found: Preview, scores: Sequence[Any], fit: ModelFit | None) -> None:
    """The rows as a table, and below it the sides.

    Args:
        stream: as defined.
        found: its rows.
        scores: of each row, None where it has none.
        fit: of the model that scored them; None: none did.
    """
    console = wide_console()
    every = {
        name: [_cell(row, name, features) for row in found.rows]
        for name, features in _columns(stream).items()
    }
    columns = _fitting_columns(every, console.width - _width_of_others(fit))
    table = Table(title=f"{len(found.rows)} rows of {stream.name}", title_justify="left")
    headings = [next((one.name for one in stream.answer.fields if one.source == "id"), "id"), *columns]
    for name in (*headings, *(["score"] if fit else []), "apart", "wrong"):
        table.add_column(name, overflow="fold")
    for at, (row, score) in enumerate(zip(found.rows, scores, strict=True)):
        cells = [str(row.id), *(every[name][at] for name in columns)]
        cells += [_shown(score)] if fit else []
        table.add_row(*cells, f"{row.apart_s:g} s", "; ".join(row.wrong) or "-")
    console.print(table)
    if len(columns) < len(every):
        console.print(
            f"{len(every) - len(columns)} more columns: a wider window shows more, --json has them all"
        )
    _print_sides(console, found)
    for notice in fit.notices if fit else ():
        console.print(f"notice: {notice}")


def _fitting_columns(every: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """The first columns that fit into this width side by side; at least one."""
    ends = accumulate(EDGE + max(map(len, (name, *cells))) for name, cells in every.items())
    fitting = sum(end <= width for end in ends)
    return list(every)[: max(1, min(fitting, COLUMNS_SHOWN))]


def _width_of_others(fit: ModelFit | None) -> int:
    """Width of the columns id, score, apart and wrong."""
    return ID_WIDTH + (8 + EDGE if fit else 0) + 6 + WRONG_WIDTH + 3 * EDGE + 1


def _columns(stream: Stream) -> dict[str, list[str]]:
    """The features by the column that shows them; a group has one column."""
    found: dict[str, list[str]] = {}
    for one in stream.features:
        found.setdefault(one.group or one.name, []).append(one.name)
    return found


def _cell(row: PreviewRow, name: str, features: Sequence[str]) -> str:
    """A value, or how many features of a group are neither 0 nor missing."""
    if features[0] not in row.values:
        return ""
    if list(features) == [name]:
        return _shown(row.values[name])
    return f"{sum(bool(row.values[one]) for one in features)} of {len(features)} not 0"


def _shown(value: FeatureValue) -> str:
    if value is None:
        return "missing"
    text = f"{value:g}" if isinstance(value, float | int) else value
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _print_sides(console: Console, found: Preview) -> None:
    for side in found.sides:
        console.print(f"{side.name}: {side.readable} of {side.records} records of {side.topic} can be read")
        faults = sorted(side.faults.items(), key=lambda one: -one[1][0])
        for what, (times, first) in faults[:FAULTS_SHOWN]:
            console.print(f"  {times} with {what.removesuffix(': body')}, such as: {first}")
        for name, times in side.oddities.items():
            console.print(f"  {times} {name}, accepted and counted")
