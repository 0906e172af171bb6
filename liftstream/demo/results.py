"""The files in `demo/`: pictures, the platform's report, the clients, the verdict."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from liftstream.contracts.errors import BrokerError
from liftstream.contracts.whole_file import to_json, write_whole
from liftstream.demo.looking import NoAnswer, fetch
from liftstream.demo.outcome import Outcome
from liftstream.demo.pictures.latency import draw_latency
from liftstream.demo.pictures.profit import draw_profit
from liftstream.demo.pictures.revenue import draw_revenue
from liftstream.demo.stage import Stage
from liftstream.experiment import ClientData, read_clients

DOCUMENTS: Final = {
    "report.html": "report?format=html",
    "report.json": "report",
    "clients.csv": "clients.csv",
}
"""The file for each path below the experiment's address in the API."""
ICON: Final = re.compile(r'<link rel="icon"[^>]*>')
STYLE: Final = re.compile(r'<link rel="stylesheet" href="(/[^"]*)">')
SCRIPT: Final = re.compile(r'<script defer src="(/[^"]*)"></script>')
ADDRESS: Final = re.compile(r'<a\b[^>]*\shref="/[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
DOWNLOAD: Final = re.compile(r"^(.*)curl .*-o \S+ .*\n", re.MULTILINE)
"""The line of the printed commands that downloads a file which is saved beside the page."""
NAVIGATION: Final = re.compile(r"<nav\b.*?</nav>", re.DOTALL)


def write_results(outcome: Outcome, stage: Stage) -> list[Path]:
    """Writes everything, each file whole; returns the files, pictures first.

    Raises:
        InputError: a file cannot be written.
        BrokerError: the platform does not answer any more.
    """
    documents = fetch_documents(stage)
    clients = read_csv(documents["clients.csv"])
    files = {
        "revenue.png": draw_revenue(outcome, clients),
        "profit.png": draw_profit(outcome),
        "latency.png": draw_latency(outcome),
        **documents,
        "verdict.json": to_json(outcome.to_dict()),
    }
    for name, content in files.items():
        write_whole(outcome.request.folder / name, content)
    return [outcome.request.folder / name for name in files]


def fetch_documents(stage: Stage) -> dict[str, bytes]:
    """The platform's own documents."""

    def load(path: str) -> bytes:
        status, body = fetch(stage.page, path)
        if status != 200:
            raise NoAnswer(f"{stage.page}{path}: HTTP {status}")
        return body

    try:
        found = {
            name: load(f"/api/experiments/{stage.experiment}/{path}") for name, path in DOCUMENTS.items()
        }
        page = stand_alone(found["report.html"].decode(), lambda path: load(path).decode())
    except NoAnswer as error:
        raise BrokerError(f"the platform does not answer any more: {error}") from error
    return {**found, "report.html": page.encode()}


def stand_alone(page: str, load: Callable[[str], str]) -> str:
    """The page with style and scripts inside, so that it can be opened from the disk, and without links to a server.

    Its commands read `clients.csv` and `report.json` in the folder of the page.

    Args:
        load: what stands under an address of the server.
    """
    page = DOWNLOAD.sub(r"\1", ADDRESS.sub(r"\1", NAVIGATION.sub("", ICON.sub("", page))))
    page = STYLE.sub(lambda found: f"<style>{load(found[1])}</style>", page)
    scripts = [load(found[1]).replace("</script", "<\\/script") for found in SCRIPT.finditer(page)]
    # at the end: what is inside is not deferred
    inside = "".join(f"<script>{script}</script>" for script in scripts)
    return SCRIPT.sub("", page).replace("</body>", f"{inside}</body>")


def read_csv(content: bytes) -> ClientData:
    """The clients in the order in which they paid."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    arms = [row["arm"] for row in rows]
    return read_clients({"arm": arms, "revenue": np.array([float(row["revenue"]) for row in rows])})
