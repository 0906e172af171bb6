"""`liftstream spending serve`: its address on stdout, a clean end, one line for what is wrong."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "liftstream.cli", "spending", "serve", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_prints_its_address_serves_from_any_folder_and_ends_with_0(tmp_path: Path) -> None:
    server = start(tmp_path, "--port", "0")
    assert server.stdout is not None
    address = server.stdout.readline().strip()
    assert httpx.get(f"{address}/ready", timeout=300, trust_env=False).json() == {"status": "ready"}
    assert (tmp_path / "spending.db").exists()
    server.send_signal(signal.SIGTERM)
    _, logs = server.communicate(timeout=300)
    assert server.returncode == 0
    assert '"event": "stopped"' in logs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--set", "SPENDING__SPLIT=A=1"], 2, "SPENDING__SPLIT"),
        (["--set", "SPENDING__MODELS=nowhere"], 1, "no such model file"),
        (["--database", "mysql://x/y"], 2, "SPENDING__DATABASE"),
        (["--set", "SPENDING__HOST=0.0.0.0"], 2, "SPENDING__API_KEY"),
        (["--set", "SPENDING__SPLITS=A=1"], 2, "did you mean SPENDING__SPLIT?"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    server = start(tmp_path, "--port", "0", *arguments)
    out, error = server.communicate(timeout=300)
    assert (server.returncode, out) == (code, "")
    assert said in error
    assert len(error.splitlines()) == 1
