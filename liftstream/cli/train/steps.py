"""Progress on stderr: the steps of a training, one a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from training.artefacts import Step


@contextmanager
def steps(console: "Console") -> Iterator["Step"]:
    """Says what is being done, and when it is done how long it took; in a log or a pipe as it happens, too."""
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
