"""A Java that does not fit is named, with those that do."""

from pathlib import Path

import pytest

from pipeline.flink import installation
from pipeline.flink.installation import FlinkMissing, find_installation, find_java_home


def fake_java(folder: Path, version: str) -> None:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)


def test_a_java_that_flink_does_not_run_on_is_refused_by_version_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_java(tmp_path, "11.0.2")
    monkeypatch.setattr(installation, "javas", lambda: iter([tmp_path / "bin" / "java"]))
    with pytest.raises(FlinkMissing, match=f"Flink needs Java 17 to 21, found 11 at {tmp_path}"):
        find_java_home()


def test_without_an_environment_the_command_that_makes_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_java(tmp_path, "17.0.15")
    monkeypatch.setattr(installation, "javas", lambda: iter([tmp_path / "bin" / "java"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    with pytest.raises(FlinkMissing, match="'liftstream flink install' makes it"):
        find_installation()
