"""Tables for a notebook: escaped, without style sheets of their own."""

from collections.abc import Iterable, Sequence
from html import escape


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table.

    >>> table(["a"], [["<b>"]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def section(sentence: str, *parts: str) -> str:
    """A sentence in bold and what belongs to it."""
    return f"<div><p><strong>{escape(sentence)}</strong></p>{''.join(parts)}</div>"


def checks_list(checks: Iterable[tuple[str, str, str]]) -> str:
    """Name, status and sentence of each check that is not ok."""
    items = "".join(
        f"<li>{escape(name)} ({escape(status)}): {escape(said)}</li>"
        for name, status, said in checks
        if status != "ok"
    )
    return f"<ul>{items}</ul>" if items else ""
