"""`liftstream score`: one row of results for each row of a CSV or Parquet file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.options import PATH
from liftstream.contracts.threads import limit_threads

if TYPE_CHECKING:
    from liftstream.scoring.model import Model, Scores
    from liftstream.scoring.reference import ReferenceModel

ERROR = "_error"
SAY_EVERY_S = 10.0


@click.command()
@click.argument("rows", metavar="IN.csv")
@click.option("--model", "model_path", type=PATH, required=True, help="The PMML file.")
@click.option("--out", type=PATH, help="Output file (.csv or .parquet); default: stdout.")
@click.option(
    "--missing", multiple=True, metavar="TEXT", help="Text that also counts as missing, e.g. NA; repeatable."
)
@click.option(
    "--keep",
    multiple=True,
    metavar="COL",
    help="Write this column of IN.csv before the results, e.g. uuid; repeatable.",
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Linear algebra threads; default: 1.")
def score(
    rows: str,
    model_path: Path,
    out: Path | None,
    missing: tuple[str, ...],
    keep: tuple[str, ...],
    threads: int | None,
) -> None:
    """Score every row of IN.csv (or Parquet; - is standard input) with a PMML model.

    Output columns: the target, every OutputField, probability(CLASS) of a classifier, confidence of a tree. A row
    that cannot be scored has empty cells and the reason in _error; the others are scored.
    """
    limit_threads(threads or 1, was_set=threads is not None)
    from liftstream.cli.files.rows_file import read_chunks, write_rows
    from liftstream.contracts.places import find_model
    from liftstream.scoring.loading import load_any
    from liftstream.scoring.model import Model

    model = load_any(find_model(model_path))
    if not isinstance(model, Model):
        click.echo(f"liftstream: scored by pypmml, because {model.reason}", err=True)
    parts: list[Scores] = []
    kept: list[dict[str, Any]] = []
    inputs = frozenset(model.inputs)
    numeric = model.numeric_inputs if isinstance(model, Model) else frozenset()
    with _progress() as say:
        for chunk in read_chunks(rows, [*model.inputs, *keep], set(missing), numeric - set(keep)):
            asked = {name: values for name, values in chunk.columns.items() if name in inputs}
            if not parts:
                _refuse_absent(keep, chunk.columns, rows)
                _tell_missing_columns(model, asked, rows)
            kept.append({name: chunk.columns[name] for name in keep})
            parts.append(_score(model, asked, chunk.rows))
            say(chunk.done, chunk.rows)
    columns, unscored = join_parts(parts)
    columns = _keep_columns(kept, columns)
    write_rows(columns, None if out is None or str(out) == "-" else out)
    if unscored:
        total = sum(len(next(iter(part.values()))) for part in parts)
        first = next(reason for reason in columns[ERROR].tolist() if reason is not None)
        click.echo(
            f"liftstream: {unscored:,} of {total:,} rows could not be scored; {ERROR} says why, first: {first}",
            err=True,
        )


def _score(model: "Model | ReferenceModel", columns: Mapping[str, Any], rows: int) -> "Scores":
    """The columns of a chunk; a model that asks for nothing answers every row all the same."""
    import numpy as np

    if not columns and model.engine == "compiled":
        blank = np.full(rows, None, dtype=object)
        return model.score(dict.fromkeys(model.inputs, blank) or {"": blank})
    return model.score(columns)


def _refuse_absent(keep: Sequence[str], columns: Mapping[str, Any], rows: str) -> None:
    """Refuses to keep a column that the file does not have."""
    from liftstream.contracts.errors import InputError

    for name in keep:
        if name not in columns:
            raise InputError(f"{rows}: has no column {name!r} to keep; --keep names a column of the file")


def _keep_columns(kept: Sequence[Mapping[str, Any]], columns: Mapping[str, Any]) -> dict[str, Any]:
    """The kept columns before the results; refuses one that is a result, too."""
    import numpy as np

    for name in kept[0] if kept else ():
        if name in columns:
            raise click.UsageError(f"--keep {name}: the model gives a result of this name; rename the column")
    names = kept[0] if kept else {}
    before = {name: np.concatenate([np.asarray(part[name], dtype=object) for part in kept]) for name in names}
    return {**before, **columns}


def _tell_missing_columns(model: "Model | ReferenceModel", columns: Mapping[str, Any], rows: str) -> None:
    """Says which inputs the file does not have; they count as missing values.

    Raises:
        InputError: it has none of them.
    """
    from liftstream.contracts.errors import InputError

    absent = [name for name in model.inputs if name not in columns]
    if not absent:
        return
    listed = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
    if len(absent) == len(model.inputs):
        raise InputError(f"{rows}: has none of the columns that the model asks for: {listed}")
    click.echo(f"liftstream: {rows} has no column {listed}: taken as missing values", err=True)


def join_parts(parts: Sequence["Scores"]) -> tuple[dict[str, Any], int]:
    """The parts one below the other, with `_error` where a row needs it, and how many rows do."""
    import numpy as np

    names = dict.fromkeys(name for part in parts for name in part)
    columns = {name: _stack([_as_written(part, name) for part in parts]) for name in names}
    if all(part.problems is None for part in parts):
        return columns, 0
    reasons = [
        np.full(len(next(iter(part.values()))), None, dtype=object)
        if part.problems is None
        else part.problems
        for part in parts
    ]
    columns[ERROR] = np.concatenate(reasons)
    return columns, sum(reason is not None for reason in columns[ERROR].tolist())


def _as_written(part: "Scores", name: str) -> Any:
    """A column of a part; whole numbers stay whole beside gaps."""
    import numpy as np

    values = part[name]
    if name not in part.whole or values.dtype.kind != "f":
        return values
    whole = np.empty(len(values), dtype=object)
    whole[:] = [None if v != v else int(v) if v.is_integer() else v for v in values.tolist()]
    return whole


def _stack(parts: Sequence[Any]) -> Any:
    """Columns of one name, whatever the kind of each part."""
    import numpy as np

    kinds = {part.dtype.kind for part in parts}
    return (
        np.concatenate(parts) if len(kinds) == 1 else np.concatenate([part.astype(object) for part in parts])
    )


@contextmanager
def _progress() -> Iterator[Any]:
    """A progress bar on a terminal, elsewhere a line from time to time on stderr."""
    import sys

    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.completed:,.0f} rows"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("scoring", total=None)

        def say(done: float | None, rows: int) -> None:
            progress.advance(task, rows)
            if done:
                progress.update(task, total=progress.tasks[0].completed / done)

        yield say


def _lines() -> Callable[[float | None, int], None]:
    """Says how many rows are scored, every ten seconds."""
    scored, said_at = 0, monotonic()

    def say(done: float | None, rows: int) -> None:
        nonlocal scored, said_at
        scored += rows
        if monotonic() > said_at + SAY_EVERY_S:
            said_at = monotonic()
            click.echo(
                f"{scored:,} rows scored{f', {100 * done:.0f} % of the file' if done else ''}", err=True
            )

    return say
