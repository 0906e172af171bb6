"""`liftstream flink`: what it refuses before anything starts, and the size that it works out."""

import json
from pathlib import Path

import pytest

from pipeline.flink.installation import FlinkMissing, find_java_home
from tests.conftest import Typed


def test_without_an_environment_one_line_says_how_to_make_it(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        find_java_home()
    except FlinkMissing as error:
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = typed("flink", "run", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "'liftstream flink install' makes it" in done.stderr


def test_without_java_one_line_says_which_are_accepted(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATH", "JAVA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    done = typed("flink", "run", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Flink needs Java 17 to 21, found" in done.stderr


def test_an_option_without_a_value_is_wrong_usage(typed: Typed) -> None:
    done = typed("flink", "run", "--option", "state.backend.type")
    assert done.returncode == 2
    assert "write NAME=VALUE" in done.stderr


def test_the_size_is_printed_as_text_and_as_one_document(typed: Typed) -> None:
    asked = ("flink", "size", "--pairs-per-s", "100000", "--cpu-ms", "0.1")
    found = json.loads(typed(*asked, "--json").stdout)
    assert (found["cores"], found["slots"]) == (10, 15)
    assert "15 slots" in typed(*asked).stdout


def test_a_rate_that_is_none_is_wrong_usage(typed: Typed) -> None:
    assert typed("flink", "size", "--pairs-per-s", "0").returncode == 2
