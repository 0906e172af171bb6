"""Tables on standard output, in a terminal or not."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE: Final = 200
"""Letters in a line of a file or a pipe."""


def figures_table(title: str, *headings: str, names: int = 1) -> "Table":
    """An empty table; its first `names` columns hold names and are aligned left, the others hold figures."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < names else "right", no_wrap=True)
    return table


def plain_table(*headings: str, names: int = 1) -> "Table":
    """An empty table without lines, aligned as a table of figures."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < names else "right", no_wrap=True)
    return table


def say_more(console: "Console", count: int, shown: int, what: str = "") -> None:
    """Says how many rows of a table are left out, if some are."""
    if count > shown:
        console.print(f"... and {count - shown:,} {what}more; --json has all")


def wide_console(*, soft_wrap: bool = False) -> "Console":
    """Standard output, wide enough that no cell of a table is cut if it is not a terminal; brackets are text, no styles.

    Args:
        soft_wrap: lines that a terminal has no room for are left to it: it breaks them, and no figure is cut.
    """
    from rich.console import Console, ConsoleDimensions

    console = Console(highlight=False, markup=False, soft_wrap=soft_wrap)
    if soft_wrap or not console.is_terminal:
        width = max(console.width, WIDE)
        console.size = ConsoleDimensions(width, console.height)  # both, or TERM=dumb has 80
    return console
