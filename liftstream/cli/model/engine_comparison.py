"""`model check --compare`: where two engines differ on the same rows, row by row, and why where that is known."""

import sys
from typing import Any, Final, NamedTuple

import click

from liftstream.cli.files.rows_file import read_chunks
from liftstream.cli.model.score import join_parts
from liftstream.cli.options import print_json
from liftstream.cli.tables import wide_console
from liftstream.contracts.errors import ModelError, ModelUnsupported
from liftstream.scoring.model import Model
from liftstream.scoring.reference import ReferenceModel, ReferenceProcess, to_plain

TOLERANCE: Final = 1e-9
SHOWN: Final = 20


class EngineDifference(NamedTuple):
    """A result that the engines give differently; `row` counts from 1."""

    row: int
    column: str
    ours: Any
    theirs: Any
    why: str


def compare_engines(model: Model | ReferenceModel, rows: str, missing: set[str], as_json: bool) -> None:
    """Prints the differences.

    Raises:
        ModelUnsupported: only one engine scores the model.
        ModelError: the engines differ.
    """
    if not isinstance(model, Model):
        raise ModelUnsupported(f"nothing to compare, only pypmml scores it: {model.reason}")
    parts = []
    theirs: dict[str, list[Any]] = {}
    with ReferenceProcess(model.path) as process:
        for chunk in read_chunks(rows, model.inputs, missing):
            parts.append(model.score(chunk.columns))
            if not chunk.rows:
                continue
            for name, values in process.ask({n: to_plain(c) for n, c in chunk.columns.items()}).items():
                theirs.setdefault(name, []).extend(values)
            if sys.stderr.isatty():
                click.echo(f"\rcompared {sum(map(_length, parts)):,} rows", nl=False, err=True)
    columns, _ = join_parts(parts)
    reasons = columns.pop("_error", None)
    differences = find_differences(model, columns, theirs, None if reasons is None else reasons.tolist())
    compared = [name for name in columns if name in theirs]
    _report(model, sum(map(_length, parts)), compared, differences, as_json)


def _length(part: Any) -> int:
    return len(next(iter(part.values())))


def find_differences(
    model: Model, ours: dict[str, Any], theirs: dict[str, list[Any]], reasons: list[Any] | None
) -> list[EngineDifference]:
    """Every value in which the engines differ, of the columns that both give."""
    found = []
    for name, values in ours.items():
        for row, (a, b) in enumerate(zip(values.tolist(), theirs.get(name, ()), strict=False)):
            if not _same(a, b):
                reason = reasons[row] if reasons else None
                found.append(EngineDifference(row + 1, name, a, b, explain(model, a, b, reason)))
    return sorted(found, key=lambda difference: difference.row)


def _same(a: Any, b: Any) -> bool:
    if a is None or a != a:
        return b is None or b != b
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return str(a) == str(b)
    return abs(x - y) <= TOLERANCE * (1.0 + abs(x))


def explain(model: Model, ours: Any, theirs: Any, reason: str | None) -> str:
    """Why the engines may differ, as far as it is known; empty where it is not."""
    if reason is not None:
        return f"ours does not score the row: {reason}"
    if ours is None or ours != ours:
        return "ours gives no prediction"
    if any(e.get("x-mathContext") == "float" for e in model.document.element.walk() if e.attributes):
        return "the model asks for single precision, which pypmml ignores"
    if any(one.symbol.type.float32 for one in model.document.inputs.given):
        return "the model has single precision inputs, which pypmml keeps double"
    if theirs is None:
        return "pypmml gives no prediction"
    return ""


def _report(
    model: Model, rows: int, compared: list[str], differences: list[EngineDifference], as_json: bool
) -> None:
    differing = len({difference.row for difference in differences})
    if as_json:
        print_json(
            {
                "rows": rows,
                "columns": compared,
                "rows_that_differ": differing,
                "differences": [difference._asdict() for difference in differences],
            }
        )
    else:
        _print(rows, compared, differences)
    if differences:
        raise ModelError(f"{model.path}: the engines differ in {differing:,} of {rows:,} rows")


def _print(rows: int, compared: list[str], differences: list[EngineDifference]) -> None:
    from rich.table import Table

    console = wide_console(soft_wrap=True)
    console.print(f"{rows:,} rows, columns {', '.join(compared) or 'none in common'}")
    if not differences:
        console.print(f"compiled and pypmml agree to {TOLERANCE:g}")
        return
    table = Table("row", "column", "compiled", "pypmml", "why", box=None, pad_edge=False)
    for one in differences[:SHOWN]:
        table.add_row(f"{one.row:,}", one.column, str(one.ours), str(one.theirs), one.why)
    console.print(table)
    if len(differences) > SHOWN:
        console.print(f"and {len(differences) - SHOWN:,} more; --json lists all")
