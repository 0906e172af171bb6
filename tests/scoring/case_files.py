"""How the files of a case are read, and their values compared."""

import csv
from pathlib import Path
from typing import Any


def read_columns(path: Path, missing: set[str]) -> dict[str, list[str | None]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [None if row[name] in missing else row[name] for row in rows] for name in rows[0]}


def agree(found: Any, expected: str | None, tolerance: dict[str, float]) -> bool:
    if expected is None:
        return found is None or found != found
    try:
        a, b = float(found), float(expected)
    except (TypeError, ValueError):
        return str(found) == expected
    return abs(a - b) <= tolerance["abs"] + tolerance["rel"] * abs(b)
