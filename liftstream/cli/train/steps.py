"""What a training says on stderr while it runs: its steps, one a line, and notices."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from training.artefacts import Step


def notices(console: "Console") -> Callable[[str], None]:
    """Prints a notice as it is, in yellow."""
    return partial(console.print, style="yellow", markup=False, soft_wrap=True)


def started(say: Callable[[str], None]) -> str:
    """The time in ISO form, at the beginning of a training; says if the exporter will soon refuse to work.

    Raises:
        LiftstreamError: it refuses already.
    """
    from training.export import check_exporter

    now = datetime.now(UTC)
    if warning := check_exporter(now):
        say(warning)
    return now.isoformat(timespec="seconds")


@contextmanager
def steps(console: "Console") -> Iterator["Step"]:
    """Prints each step and how long it took: on a terminal as a spinner, elsewhere as a line when it begins and
    ends."""
    if not console.is_terminal:
        yield _as_lines(console)
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:

        @contextmanager
        def step(description: str) -> Iterator[None]:
            task = progress.add_task(description, total=1)
            yield
            progress.update(task, completed=1)

        yield step


def _as_lines(console: "Console") -> "Step":
    @contextmanager
    def step(description: str) -> Iterator[None]:
        began = monotonic()
        console.print(f"{description} ...", markup=False, soft_wrap=True)
        yield
        console.print(f"{description}: {monotonic() - began:.0f} s", markup=False, soft_wrap=True)

    return step
