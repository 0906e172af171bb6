"""Builds the wheel, installs it with its locked base requirements into an empty environment, and tries it elsewhere.

Every package is imported, `liftstream --help` and a command are run, the shipped models and the stream definition are
found, and the wheel adds no more than three names to an environment.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).parent / "uv"

IMPORT_ALL = """
import importlib, pkgutil
for name in ("liftstream", "pipeline", "training"):
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{name}.{module.name}")
from pathlib import Path
from liftstream.contracts.places import find_stream, model_named
print(model_named("cross_selling"), find_stream(Path("config/silocompro.yaml")))
"""


def call(*command: object, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(str(c) for c in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> Path:
    call(
        UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def top_level_names(wheel: Path) -> set[str]:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    return {name for name in names if not name.endswith(".dist-info")}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        away = Path(scratch)
        wheel = build(away / "dist")
        if top_level_names(wheel) != {"liftstream", "pipeline", "training"}:
            sys.exit(f"the wheel ships {sorted(top_level_names(wheel))}")
        python = away / "venv/bin/python"
        call(UV, "venv", "--python", sys.executable, away / "venv", cwd=away)
        locked = ROOT / "requirements/run.txt"
        call(UV, "pip", "install", "--python", python, "--require-hashes", "-r", locked, cwd=away)
        # the worker's image reads Avro and Protobuf; a base install has to do without
        call(UV, "pip", "uninstall", "--python", python, "fastavro", "protobuf", cwd=away)
        call(UV, "pip", "install", "--python", python, "--no-deps", wheel, cwd=away)
        model = call(python, "-I", "-c", IMPORT_ALL, cwd=away).strip()
        if not model.startswith(str(away)):
            sys.exit(f"the model was found at {model}, not in the installed package")
        call(away / "venv/bin/liftstream", "--help", cwd=away)
        call(away / "venv/bin/liftstream", "sample-size", "--effect", 0.7, "--sd", 15, "--json", cwd=away)
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, installed, imported and run")


if __name__ == "__main__":
    main()
