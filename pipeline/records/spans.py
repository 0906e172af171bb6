"""Where the values of a JSON record are in its bytes; the record was decoded before, so it is known to be JSON."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from liftstream.streams.paths import Step

TOKEN: Final = re.compile(
    rb'"(?P<text>[^"\\]*)"|"(?P<escaped>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"{}\[\],:]+)|(?P<mark>[{}\[\],:])'
)


class Span(NamedTuple):
    """A value that is neither an object nor a list: the way to it, its kind, where it begins and ends; of text without
    quotes."""

    steps: tuple[Step, ...]
    kind: str
    start: int
    stop: int


def find_spans(record: bytes) -> list[Span] | None:
    """The values of a record in their order; None where a key or a text has an escape in it, or a key is there
    twice."""
    found = list(_walk(record))
    if any(span.kind == "escaped" for span in found) or len({span.steps for span in found}) < len(found):
        return None
    return found


def _walk(record: bytes) -> Iterator[Span]:
    steps: list[Step] = []
    key: bytes | None = None
    for match in TOKEN.finditer(record):
        kind = match.lastgroup or ""
        if kind == "mark":
            key = _step(match["mark"], steps, key)
        elif kind == "text" and _awaits_key(steps) and key is None:
            key = match["text"]
            steps[-1] = key.decode(errors="replace")
        else:
            yield Span(tuple(steps), kind, *match.span(kind))


def _awaits_key(steps: list[Step]) -> bool:
    return bool(steps) and isinstance(steps[-1], str)


def _step(mark: bytes, steps: list[Step], key: bytes | None) -> bytes | None:
    """What a mark does to the way; the key whose value is awaited then."""
    if mark == b"{":
        steps.append("")
        return None
    if mark == b"[":
        steps.append(0)
        return None
    if mark in b"}]":
        steps.pop()
        return None
    if mark == b",":
        last = steps[-1]
        if isinstance(last, int):
            steps[-1] = last + 1
        return None
    return key
