"""What the job's own processes are given by their surroundings."""

import time
from pathlib import Path

import pytest

from liftstream.contracts.settings import load_settings
from pipeline.flink.embedded import EmbeddedJob
from pipeline.flink.installation import Installation


def test_java_reads_names_of_folders_in_any_script_also_where_the_locale_is_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Java takes the characters of paths from the locale; in C it finds no folder with others than ASCII."""
    monkeypatch.setenv("LC_ALL", "C")
    state, told = tmp_path / "состояние", tmp_path / "told"
    python = tmp_path / "bin" / "python"
    for folder in (python.parent, tmp_path / "lib/python3.11/site-packages/pyflink"):
        folder.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$LC_ALL" > {told}\n')
    python.chmod(0o755)
    settings = load_settings(None, {"PIPELINE__STATE": str(state), "PIPELINE__PORT": "0"})
    with EmbeddedJob(Installation(python, tmp_path, ()), settings, {}) as job:
        deadline = time.monotonic() + 20
        while not told.exists() or not told.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert told.read_text() == "C.UTF-8\n"
    assert job.folder.is_relative_to(state)
