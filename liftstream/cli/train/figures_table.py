"""The table that a training prints: a row a model, a column a figure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def figures_table(title: str, *headings: str, names: int = 1) -> "Table":
    """An empty table; its first `names` columns hold names and are aligned left, the others hold figures."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < names else "right", no_wrap=True)
    return table
