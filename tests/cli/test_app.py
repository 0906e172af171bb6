"""The command group: light to import, and one line for whatever goes wrong."""

import subprocess
import sys

from liftstream.cli.app import COMMANDS

HEAVY = (
    "faust",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "statsmodels",
    "altair",
    "pydantic",
    "confluent_kafka",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "liftstream.cli", *arguments], capture_output=True, text=True
    )


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    program = f"""
import sys
sys.argv = ["liftstream", "--help"]
import atexit
from liftstream.cli import main
atexit.register(lambda: print("HEAVY", [m for m in {HEAVY} if m in sys.modules]))
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "HEAVY []" in done.stdout
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


def test_every_command_has_help_and_its_module_imports_nothing_slow() -> None:
    program = f"""
import sys
from liftstream.cli.app import liftstream
for name in {list(COMMANDS)}:
    liftstream.main([name, "--help"], prog_name="liftstream", standalone_mode=False)
    print("SLOW", name, [m for m in ("faust", "pandas", "scipy.stats", "sklearn", "statsmodels", "altair") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    helps = done.stdout.split("Usage:")[1:]
    assert len(helps) == len(COMMANDS)
    for name, text in zip(COMMANDS, helps, strict=True):
        assert text.startswith(f" liftstream {name} ")
        assert text.rstrip().endswith(
            f"SLOW {name} []"
        )  # of a slow module, the first command that brings it is told


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    done = run("sample-sze")
    assert done.returncode == 2
    assert "did you mean 'sample-size'?" in done.stderr
    assert done.stdout == ""


def test_a_wrong_setting_ends_in_one_line_and_exit_code_two() -> None:
    done = run("run", "--set", "PIPELINE__TOKN=x")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "liftstream: command line: unknown setting PIPELINE__TOKN; did you mean PIPELINE__TOKEN?"
    )
