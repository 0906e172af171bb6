"""The container files, as far as they can be judged without a daemon: nothing is built or started here."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from liftstream.contracts.settings import PREFIX, KafkaSettings, load_settings, setting_names
from liftstream.streams.loading import load_stream
from tests.deploy.composed import BIN, COMPOSE, PASSWORD, ROOT, check, composed

SECRETS = ROOT / "deploy" / "secrets.yml"
ENV_EXAMPLE = ROOT / ".env.example"
SPENDING = ROOT / "deploy" / "spending.yml"
SERVICES = {
    name: service
    for file in (COMPOSE, SPENDING)
    for name, service in yaml.safe_load(file.read_text())["services"].items()
}
KEY = "LIFTSTREAM_SPENDING__API_KEY"
KAFKA = "LIFTSTREAM_KAFKA__"
FILES = ("docker-compose.yml", "deploy/spending.yml")
SUBCOMMANDS = {"up", "run", "exec", "stop"}


def test_compose_accepts_the_file() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", **{PASSWORD: "chosen"})
    assert done.returncode == 0, done.stderr


def test_compose_without_a_password_says_what_is_missing() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "config", "-q", **{PASSWORD: ""})
    assert done.returncode != 0
    assert "choose the password of the platform" in done.stderr


def test_without_variables_everybody_speaks_with_the_kafka_of_the_composition() -> None:
    services = composed()["services"]
    given = {name: one.get("environment") or {} for name, one in services.items()}
    addresses = {name: found for name, one in given.items() if (found := one.get(f"{KAFKA}BOOTSTRAP"))}
    assert addresses == dict.fromkeys(("topics", "pipeline", "shop", "platform"), "kafka:9093")
    assert "kafka" in services


def test_a_kafka_elsewhere_needs_variables_only() -> None:
    remote = {
        f"{KAFKA}BOOTSTRAP": "remote.example:9092",
        f"{KAFKA}SECURITY_PROTOCOL": "SASL_SSL",
        f"{KAFKA}SASL_MECHANISM": "PLAIN",
        f"{KAFKA}USERNAME": "shop",
        f"{KAFKA}PASSWORD": "chosen",
        f"{KAFKA}SCHEMA_REGISTRY": "https://registry.example",
        f"{KAFKA}SCHEMA_REGISTRY_USERNAME": "shop",
    }
    document = composed(**remote)
    assert not {"kafka", "topics"} & document["services"].keys()
    for name in ("pipeline", "shop", "platform"):
        assert remote.items() <= document["services"][name]["environment"].items(), name


KAFKA_FILES = (
    "CA_FILE", "CERTIFICATE_FILE", "KEY_FILE", "PASSWORD_FILE", "SCHEMA_REGISTRY_CA_FILE", "SCHEMA_REGISTRY_PASSWORD_FILE",
    "SCHEMA_REGISTRY_CERTIFICATE_FILE", "SCHEMA_REGISTRY_KEY_FILE",
)  # fmt: skip


def test_a_file_for_a_kafka_elsewhere_is_where_the_container_is_told(tmp_path: Path) -> None:
    files = {f"{KAFKA}{name}": str(tmp_path / name) for name in KAFKA_FILES}
    document = composed(**files)
    for name in ("topics", "pipeline", "shop", "platform"):
        service = document["services"][name]
        mounted = {one["target"]: document["configs"][one["source"]]["file"] for one in service["configs"]}
        assert {variable: mounted[service["environment"][variable]] for variable in files} == files, name


def test_without_a_file_the_settings_of_a_container_are_the_defaults() -> None:
    given = composed()["services"]["pipeline"]["environment"]
    kafka = {name: value for name, value in given.items() if name.startswith(KAFKA) and value is not None}
    assert load_settings(environment=kafka).kafka == KafkaSettings(bootstrap="kafka:9093")


def test_the_spending_service_takes_nothing_from_the_rest() -> None:
    services = composed(SPENDING, **{KEY: "chosen"})["services"]
    assert services.keys() == composed()["services"].keys() | {"spending"}
    assert services["spending"]["environment"][KEY] == "chosen"


def test_secrets_by_file_leave_none_in_the_environment() -> None:
    services = composed(SECRETS, LIFTSTREAM_PIPELINE__TOKEN="hidden-word")["services"]  # noqa: S106
    assert "hidden-word" not in json.dumps(services)
    assert "chosen" not in json.dumps(services)
    for name in ("pipeline", "platform", "grafana"):
        files = {f"/run/secrets/{one['source']}" for one in services[name]["secrets"]}
        assert files <= set(services[name]["environment"].values()), name


def test_the_example_of_env_has_every_variable_and_no_other() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", ENV_EXAMPLE.read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{(LIFTSTREAM_\w+)", COMPOSE.read_text() + SPENDING.read_text()))
    asked |= {
        name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }
    assert named - {"COMPOSE_FILE"} == asked


def test_a_copied_example_lacks_the_password_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(ENV_EXAMPLE.read_text().replace(f"{PASSWORD}=", f"{PASSWORD}=chosen"))
    command = [BIN / "docker-compose", "-f", COMPOSE, "--env-file"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for file, accepted in ((ENV_EXAMPLE, False), (tmp_path / ".env", True)):
        done = subprocess.run(
            [*map(str, command), str(file), "config", "-q"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
        )
        assert (done.returncode == 0) is accepted, done.stderr
        assert accepted or "choose the password of the platform in .env" in done.stderr


def compose_commands() -> list[list[str]]:
    pages = (ROOT / "README.md", ROOT / "docs/operations.md")
    lines = [line for page in pages for line in page.read_text().splitlines()]
    printed = [shlex.split(line, comments=True) for line in lines if line.startswith("docker compose ")]
    quoted = re.findall(r"`docker compose ([^`]+)`", "\n".join(lines))
    return [words[2:] for words in printed] + [shlex.split(text) for text in quoted]


@pytest.mark.parametrize("words", compose_commands(), ids=" ".join)
def test_compose_takes_a_command_of_the_pages(words: list[str]) -> None:
    services = [number for number, word in enumerate(words) if word in SERVICES]
    ours = words[: services[0] + 1] if "exec" in words else words  # what follows is run in the container
    at = next(number for number, word in enumerate(ours) if word in SUBCOMMANDS) + 1
    done = check(
        BIN / "docker-compose", *ours[:at], "--help", *ours[at:], **{PASSWORD: "chosen", KEY: "chosen"}
    )
    assert done.returncode == 0, done.stderr
    named = {word for word in ours if not word.startswith("-")}
    assert named <= {*SERVICES, *SUBCOMMANDS, *FILES}


def test_everything_is_there_and_listens_on_this_machine_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert services.keys() >= {"kafka", "database", "platform", "shop", "pipeline", "prometheus", "grafana"}
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_ends_is_started_again() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    once = {name for name, service in services.items() if service.get("restart") != "unless-stopped"}
    assert once == {"topics", "secret"}


@pytest.mark.parametrize("name", ["pipeline", "shop", "platform", "topics", "spending"])
def test_a_command_that_compose_runs_exists(name: str) -> None:
    from liftstream.cli.app import COMMANDS

    command = SERVICES[name].get("command", ["run"])
    assert command[0] in COMMANDS


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_limits_short_logs_and_no_rights_to_spare(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_a_slow_start_is_no_failure_and_a_check_starts_no_interpreter() -> None:
    checks = {name: one["healthcheck"] for name, one in SERVICES.items() if "healthcheck" in one}
    assert checks.keys() >= {"kafka", "database", "platform", "pipeline"}
    assert {check["start_period"] for check in checks.values()} == {"300s"}
    assert {check["test"][1] for check in checks.values()} == {"bash", "pg_isready"}


@pytest.mark.parametrize(("name", "port"), [("pipeline", 8081), ("platform", 8000), ("spending", 8080)])
def test_a_check_is_passed_by_200_and_by_nothing_else(name: str, port: int) -> None:
    script = SERVICES[name]["healthcheck"]["test"][3].replace("$$", "$")
    assert f"/{port};" in script
    for status, passes in ((200, True), (503, False)):
        with answering(status) as free:
            done = check("bash", "-c", script.replace(f"/{port};", f"/{free};"))
        assert (done.returncode == 0) is passes
    assert check("bash", "-c", script.replace(f"/{port};", f"/{free};")).returncode != 0


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server on a free port that answers /live with `status` and anything else with 404."""

    class Live(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Live) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_every_metric_of_an_alert_is_explained() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    groups = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    metrics = {name for rule in rules for name in re.findall(r"liftstream_\w+", rule["expr"])}
    assert {one.removesuffix("_bucket") for one in metrics} <= set(re.findall(r"liftstream_\w+", page))


def test_what_git_ignores_does_not_reach_an_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert "!.gitignore" in left_out  # hatchling leaves out what it says
    assert {"**/.env", "**/*.log", "**/*.db", "**/training-report"} <= set(left_out)


@pytest.mark.parametrize(
    "script", sorted((ROOT / "deploy/containers").glob("*.sh")), ids=lambda file: file.name
)
def test_the_recipe_is_a_script_that_bash_understands(script: Path) -> None:
    done = check("bash", "-n", script)
    assert done.returncode == 0, done.stderr


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
    assert (pipeline["names"], pipeline["port"]) == (["pipeline"], environment["LIFTSTREAM_PIPELINE__PORT"])
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
    bare = {name.removeprefix(PREFIX) for name in given} - set(setting_names())
    assert {name.removesuffix("_FILE") for name in bare} <= set(setting_names())


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda file: file.name)
def test_every_file_in_config_is_accepted_as_settings_or_as_a_stream(file: Path) -> None:
    if "sides" in yaml.safe_load(file.read_text()):
        load_stream(load_settings(environment={}), file)
    else:
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
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    forced = [Path(name) for name in wheel["force-include"]]
    assert [name for name in forced if not let_in & {str(one) for one in (name, *name.parents)}] == []


def test_a_machine_without_containers_is_told_by_75_not_by_success(tmp_path: Path) -> None:
    for name, body in {"docker": "exit 1", "id": "echo 1000"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    done = check(
        ROOT / "deploy/containers/run.sh",
        PATH=f"{tmp_path}:{os.environ['PATH']}",
        XDG_CACHE_HOME=str(tmp_path),
    )
    assert (done.returncode, done.stderr) == (75, "")
    assert "containers are not tried here: no Docker daemon answers" in done.stdout
