"""Parses a record's value as a JSON object, carefully: duplicated keys are counted."""

import json
from typing import Any, Final, TypeAlias

from liftstream.streams.unreadable import Unreadable, show

Document: TypeAlias = dict[str, Any]
"""The content of a record, whatever its format: objects, lists, numbers, texts, booleans, None."""

MOST_BYTES: Final = 64 * 1024
"""Longest value of a record that is read."""


def read_object(value: bytes | None) -> tuple[Document, int]:
    """The object, and how many of its keys, at any depth, are duplicated; the last one counts.

    Raises:
        Unreadable: it is none.
    """
    check_size(value)
    duplicated = 0

    def collect(pairs: list[tuple[str, Any]]) -> Document:
        nonlocal duplicated
        found = dict(pairs)
        duplicated += len(pairs) - len(found)
        return found

    try:
        record = json.loads(
            (value or b"").decode(), object_pairs_hook=collect, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise Unreadable("not JSON: the bytes are not UTF-8") from None
    except RecursionError:
        raise Unreadable("not JSON that can be read: nested too deeply") from None
    except ValueError as error:
        hint = (
            "; single quotes are Python's, JSON has double ones"
            if (value or b"").lstrip()[:2] == b"{'"
            else ""
        )
        raise Unreadable(f"not JSON: {error}{hint}") from None
    if not isinstance(record, dict):
        raise Unreadable(f"not an object: {show(record)}")
    return record, duplicated


def check_size(value: bytes | None) -> None:
    """Refuses an empty value and one that is too large, in any format.

    Raises:
        Unreadable: there is none, or it is.
    """
    if not value:
        raise Unreadable("an empty value")
    if len(value) > MOST_BYTES:
        raise Unreadable(f"a body of {len(value)} bytes; at most {MOST_BYTES} are read")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
