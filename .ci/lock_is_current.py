"""Fails when requirements/*.txt no longer satisfy pyproject.toml: every requirement is locked, in a version it accepts."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall(lock.read_text()):
        found.setdefault(normalised(name), set()).add(version)
    return found


def problems(requirements: list[str], lock: Path) -> list[str]:
    locked = pins(lock)
    wanted = [Requirement(text) for text in requirements if not text.startswith("liftstream[")]
    return [
        f"{lock.name}: {need} is locked as {', '.join(locked.get(normalised(need.name), {'nothing'}))}"
        for need in wanted
        if not any(need.specifier.contains(v) for v in locked.get(normalised(need.name), ()))
    ]


def main() -> int:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = document["project"]
    parts = project["optional-dependencies"]
    extras = [text for name, texts in parts.items() if name != "flink" for text in texts]
    found = problems(project["dependencies"], ROOT / "requirements/run.txt")
    found += problems(project["dependencies"] + parts["platform"], ROOT / "requirements/serve.txt")
    found += problems(project["dependencies"] + extras, ROOT / "requirements/all.txt")
    found += problems(
        parts["flink"] + document["dependency-groups"]["flink"], ROOT / "requirements/flink.txt"
    )
    for problem in found:
        print(problem, "- lock again as CONTRIBUTING.md says", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
