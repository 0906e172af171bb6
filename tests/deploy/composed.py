"""What Compose makes of the container files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"
PASSWORD = "LIFTSTREAM_PLATFORM__ADMIN_PASSWORD"  # noqa: S105


def check(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the repository."""
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, env={**os.environ, **environment}, cwd=ROOT
    )


def composed(*files: Path, **environment: str) -> dict[str, Any]:
    """What Compose makes of the files, with nothing of the machine's own environment."""
    named = [part for file in (COMPOSE, *files) for part in ("-f", file)]
    done = check(
        BIN / "docker-compose", "--env-file", os.devnull, "--project-directory", ROOT, *named,
        "config", "--format", "json", **{PASSWORD: "chosen", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
