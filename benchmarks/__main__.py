"""`python -m benchmarks [NAMES]`: one after the other, each in a process of its own. What `make bench` runs."""

import subprocess
import sys
from pathlib import Path

import click

FOLDER = Path(__file__).parent
DEFAULT = {
    "experiment": [],
    "scoring": [],
    "decoding": [],
    "pipeline": ["--runs", "1"],
    "compare": ["--runs", "1", "--pairs", "300000"],
    "platform": [],
    "uplift": ["--seeds", "3"],
}
"""Options that keep all of them together under ten minutes; run one by itself for steadier figures."""


def known() -> list[str]:
    """The benchmarks that are here."""
    return [name for name in DEFAULT if (FOLDER / f"{name}.py").exists()]


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Runs the named benchmarks, or all. `python -m benchmarks.<name> --help` shows the options of one."""
    for name in names:
        if name not in known():
            raise click.BadParameter(f"{name!r} is none of {', '.join(known())}", param_hint="NAMES")
    failed = []
    for name in names or known():
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *DEFAULT[name]]
        if subprocess.run(command, cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
