"""`liftstream flink`: what it refuses before anything starts, and the size that it works out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.flink.installation import FlinkMissing, find_java_home


def flink(*arguments: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "liftstream.cli", "flink", *arguments],
        env=os.environ | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_an_environment_one_line_says_how_to_make_it(tmp_path: Path) -> None:
    try:
        find_java_home()
    except FlinkMissing as error:
        pytest.skip(str(error))
    done = flink("run", folder=tmp_path, XDG_CACHE_HOME=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "'liftstream flink install' makes it" in done.stderr


def test_without_java_one_line_says_which_are_accepted(tmp_path: Path) -> None:
    done = flink("run", folder=tmp_path, PATH=str(tmp_path), JAVA_HOME=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Flink needs Java 17 to 21, found" in done.stderr


def test_an_option_without_a_value_is_wrong_usage(tmp_path: Path) -> None:
    done = flink("run", "--option", "state.backend.type", folder=tmp_path)
    assert done.returncode == 2
    assert "write NAME=VALUE" in done.stderr


def test_the_size_is_printed_as_text_and_as_one_document(tmp_path: Path) -> None:
    done = flink("size", "--pairs-per-s", "100000", "--cpu-ms", "0.1", "--json", folder=tmp_path)
    found = json.loads(done.stdout)
    assert (found["cores"], found["slots"]) == (10, 15)
    assert "15 slots" in flink("size", "--pairs-per-s", "100000", "--cpu-ms", "0.1", folder=tmp_path).stdout


def test_a_rate_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    assert flink("size", "--pairs-per-s", "0", folder=tmp_path).returncode == 2
