"""The command group: light to import, and one line for whatever goes wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from liftstream.cli.app import COMMANDS, liftstream
from liftstream.cli.options import FiniteRange
from tests.conftest import run_liftstream

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
    done = run_liftstream("sample-sze")
    assert done.returncode == 2
    assert "did you mean 'sample-size'?" in done.stderr
    assert done.stdout == ""


def test_a_wrong_setting_ends_in_one_line_and_exit_code_two() -> None:
    done = run_liftstream("run", "--set", "PIPELINE__TOKN=x")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "liftstream: command line: unknown setting PIPELINE__TOKN; did you mean PIPELINE__TOKEN?"
    )


def test_an_output_onto_a_full_disk_ends_in_one_line() -> None:
    for arguments in (
        ["--help"],
        ["sample-size", "--effect", "0.7", "--sd", "15"],
        ["plan", "--effect", "0.7", "--sd", "15"],
    ):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "liftstream.cli", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert done.returncode == 1
        assert done.stderr == (
            "liftstream: the output cannot be written: No space left on device; send it elsewhere or make room\n"
        )


def test_signs_that_a_terminal_lacks_become_question_marks(tmp_path: Path) -> None:
    """The report has dots and triangles, file names any letter."""
    clients = tmp_path / "clients.csv"
    clients.write_text("arm,revenue\n" + "original,1\ncandidate,2\noriginal,2\ncandidate,3\n" * 5)
    done = subprocess.run(
        [sys.executable, "-m", "liftstream.cli", "analyze", str(clients)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"? sample ratio: split as planned" in done.stdout


def every_command(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from every_command(found)


def test_no_option_with_a_range_takes_nan_or_infinity() -> None:
    ranges = [
        (command.name, parameter.name, parameter.type)
        for command in every_command(liftstream)
        for parameter in command.params
        if isinstance(parameter.type, click.FloatRange)
    ]
    assert len(ranges) > 10
    assert [one for one in ranges if not isinstance(one[2], FiniteRange)] == []
    for text in ("nan", "inf"):
        with pytest.raises(click.BadParameter, match=f"{text} is not a finite number"):
            FiniteRange(0).convert(text, None, None)
