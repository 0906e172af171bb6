"""The container files, as far as they can be judged without a daemon: nothing is built or started here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from liftstream.contracts.settings import PREFIX, setting_names

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"


def check(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, env={**os.environ, **environment}, cwd=ROOT
    )


def test_compose_accepts_the_file() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", LIFTSTREAM_PIPELINE__TOKEN="t")  # noqa: S106
    assert done.returncode == 0, done.stderr


def test_compose_without_a_token_says_what_is_missing() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", LIFTSTREAM_PIPELINE__TOKEN="")
    assert done.returncode != 0
    assert "the token that your A/B platform gave the candidate" in done.stderr


def test_the_dockerfile_has_nothing_that_a_linter_warns_of() -> None:
    done = check(BIN / "hadolint", ROOT / "deploy/Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_that_compose_gives_exists() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    given = {
        name
        for service in services.values()
        for name in service.get("environment", {})
        if name.startswith(PREFIX)
    }
    assert {name.removeprefix(PREFIX).removesuffix("_FILE") for name in given} <= set(setting_names())


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda file: file.name)
def test_every_settings_file_is_accepted(file: Path) -> None:
    from liftstream.contracts.settings import load_settings

    load_settings(file, environment={})


def test_the_image_is_given_all_that_the_build_reads() -> None:
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert {
        "liftstream",
        "pipeline",
        "training",
        "pmml",
        "requirements",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    } <= let_in
