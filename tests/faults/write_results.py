"""Writes the results of proofs, and their picture, into docs/faults.md: `python tests/faults/write_results.py RESULT.json...`

Each file is what `liftstream prove --seed N --json` printed. A scenario's row holds the sums over the files, and the
largest time, memory and duration.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from draw_results import draw

from liftstream.prove.report import LOST, UNEXPLAINED, WRONG
from liftstream.prove.scenarios import SCENARIOS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
PICTURE = PAGE.parent / "pictures" / "faults.png"
BEGIN, END = "<!-- results: written by tests/faults/write_results.py -->\n", "<!-- end of results -->\n"
HEAD = (
    "| scenario | fault | CI | records | answers | repeated | put aside | lost | wrong | unexplained | other |"
    " restart s | MB |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


def broken(runs: list[dict[str, Any]], *names: str) -> int:
    return sum(
        check["broken"] for run in runs for check in run["checks"] if not names or check["invariant"] in names
    )


def row(name: str, runs: list[dict[str, Any]]) -> str:
    one = SCENARIOS[name]
    sums = [sum(run[field] for run in runs) for field in ("sent", "answers", "repeated", "put_aside")]
    lost, wrong, unexplained = broken(runs, LOST), broken(runs, *WRONG), broken(runs, *UNEXPLAINED)
    other = broken(runs) - lost - wrong - unexplained
    restarts = [run["restart_s"] for run in runs if run["restart_s"] is not None]
    cells = [
        f"`{name}`",
        one.throws,
        "yes" if one.quick else "",
        *(f"{count:,}" for count in [*sums, lost, wrong, unexplained, other]),
        f"{max(restarts):.1f}" if restarts else "",
        str(max(run["memory_mb"] for run in runs)),
    ]
    return f"| {' | '.join(cells)} |\n"


def table(documents: list[dict[str, Any]]) -> str:
    seeds = ", ".join(str(document["seed"]) for document in documents)
    runs = [run for document in documents for run in document["scenarios"]]
    rows = [row(name, [run for run in runs if run["scenario"] == name]) for name in SCENARIOS]
    said = f"`liftstream prove --seed N`, N = {seeds}, {date.today():%d %B %Y}: {sum(run['sent'] for run in runs):,} records.\n\n"
    return said + HEAD + "".join(rows)


def main(paths: list[str]) -> None:
    documents = [json.loads(Path(path).read_text()) for path in paths]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PICTURE.write_bytes(draw(documents[0]["scenarios"], documents[0]["seed"]))
    PAGE.write_text(before + BEGIN + "\n" + table(documents) + "\n" + END + rest.partition(END)[2])


if __name__ == "__main__":
    main(sys.argv[1:])
