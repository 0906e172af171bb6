"""The container files, as far as they can be judged without a daemon: nothing is built or started here."""

import json
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
PASSWORD = "LIFTSTREAM_PLATFORM__ADMIN_PASSWORD"  # noqa: S105


def check(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, env={**os.environ, **environment}, cwd=ROOT
    )


def test_compose_accepts_the_file() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", **{PASSWORD: "chosen"})
    assert done.returncode == 0, done.stderr


def test_compose_without_a_password_says_what_is_missing() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", **{PASSWORD: ""})
    assert done.returncode != 0
    assert "choose the password of the platform" in done.stderr


def test_everything_is_there_and_listens_on_this_machine_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert services.keys() >= {
        "kafka",
        "database",
        "platform",
        "shop",
        "pipeline",
        "prometheus",
        "grafana",
    }
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_ends_is_started_again() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    once = {name for name, service in services.items() if service.get("restart") != "unless-stopped"}
    assert once == {"topics", "secret"}


@pytest.mark.parametrize("name", ["pipeline", "shop", "platform"])
def test_a_command_that_compose_runs_exists(name: str) -> None:
    from liftstream.cli.app import COMMANDS

    command = yaml.safe_load(COMPOSE.read_text())["services"][name].get("command", ["run"])
    assert command[0] in COMMANDS


def test_every_file_that_compose_mounts_is_there() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
    files = [volume.split(":")[0] for volume in volumes if volume.startswith(".")]
    assert files
    assert all((ROOT / file).exists() for file in files)


def test_prometheus_asks_workers_and_platform_where_compose_has_them() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    jobs = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    (pipeline,), (platform,) = (
        job.get("dns_sd_configs") or job["static_configs"][0]["targets"] for job in jobs
    )
    environment = services["pipeline"]["environment"]
    assert (pipeline["names"], pipeline["port"]) == (
        ["pipeline"],
        environment["LIFTSTREAM_PIPELINE__PORT"],
    )
    assert platform == f"platform:{services['platform']['environment']['LIFTSTREAM_PLATFORM__PORT']}"


def test_no_panel_lies_upon_another() -> None:
    board = json.loads((ROOT / "deploy/grafana/boards/liftstream.json").read_text())
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


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
