"""Quix Streams asks for other versions of Kafka's client than ours: it gets an environment of its own."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from liftstream.broker.jars import user_cache

QUIX_STREAMS: Final = "quixstreams==3.23.2"
WANTED: Final = (QUIX_STREAMS, "numpy", "msgspec", "pydantic-settings[yaml]", "scipy")
ROOT: Final = Path(__file__).parents[1]


@cache
def quix_python() -> Path:
    """The Python of that environment, made (with uv, from the network) where it is not there yet."""
    folder = user_cache() / QUIX_STREAMS.replace("==", "-")
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"making an environment for {QUIX_STREAMS} in {folder}", file=sys.stderr)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", folder], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *WANTED], check=True)
        site = next((folder / "lib").glob("python*/site-packages"))
        (site / "liftstream.pth").write_text(f"{ROOT}{os.linesep}")
        ready.touch()
    return python
