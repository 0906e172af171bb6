"""The example of the documentation, run as it says."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from liftstream.simulation.spending.shop import generate_shop

EXAMPLE = Path(__file__).parents[2] / "examples" / "spending_client.py"


def run(client: httpx.Client, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLE, str(client.base_url), folder]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_example_predicts_and_says_what_is_wrong(client: httpx.Client, tmp_path: Path) -> None:
    for name, rows in generate_shop(38, users=20).data_object(5).items():
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    done = run(client, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 11
    (tmp_path / "products.json").write_text("[]")
    refused = run(client, tmp_path)
    assert refused.returncode == 1
    assert "$.sessions[0].product_id: " in refused.stderr
