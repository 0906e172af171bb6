"""The files for Flink, as far as they can be judged without a daemon and a cluster: nothing is built or started here."""

import re
from pathlib import Path

import yaml

from pipeline.flink.installation import OPERATOR, POM
from tests.deploy.composed import BIN, COMPOSE, PASSWORD, ROOT, check, composed

FOLDER = ROOT / "deploy" / "flink"
OVERLAY = FOLDER / "docker-compose.yml"
DEPLOYMENT = yaml.safe_load((FOLDER / "flink-deployment.yaml").read_text())
LOCK = (ROOT / "requirements" / "flink.txt").read_text()


def flink_version() -> str:
    (found,) = re.findall(r"^apache-flink==(\S+)", LOCK, re.MULTILINE)
    return str(found)


def test_compose_accepts_both_files_together() -> None:
    done = check(BIN / "docker-compose", "-f", COMPOSE, "-f", OVERLAY, "config", "-q", **{PASSWORD: "chosen"})
    assert done.returncode == 0, done.stderr


def test_the_job_uses_a_kafka_elsewhere_by_variables_only() -> None:
    bootstrap = {"LIFTSTREAM_KAFKA__BOOTSTRAP": "remote.example:9092"}
    remote, own = composed(OVERLAY, **bootstrap)["services"], composed(OVERLAY)["services"]
    assert not {"kafka", "topics"} & remote.keys()
    assert bootstrap.items() <= remote["job"]["environment"].items()
    assert own["topics"]["command"][-1] == own["job"]["environment"]["LIFTSTREAM_PIPELINE__SIDE_OUTPUT"][6:]


def test_nothing_of_flink_listens_beyond_this_machine() -> None:
    services = yaml.safe_load(OVERLAY.read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_dockerfile_has_nothing_that_a_linter_warns_of() -> None:
    done = check(BIN / "hadolint", FOLDER / "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_given_the_entry_point() -> None:
    assert "!deploy/flink/entrypoint.sh" in (ROOT / ".dockerignore").read_text()


def test_the_operators_manifest_names_the_flink_that_is_locked() -> None:
    version = flink_version()
    major, minor, _ = version.split(".")
    assert DEPLOYMENT["spec"]["flinkVersion"] == f"v{major}_{minor}"
    assert DEPLOYMENT["spec"]["job"]["jarURI"].endswith(f"flink-python-{version}.jar")


def test_the_operators_manifest_names_the_jars_of_the_package() -> None:
    jars = {
        Path(one.removeprefix("--with-jar=")).name
        for one in DEPLOYMENT["spec"]["job"]["args"]
        if "--with-jar=" in one
    }
    connector = re.findall(r"<artifactId>(flink-.*)</artifactId>\s*<version>(.*)</version>", POM.read_text())
    assert jars == {OPERATOR, *(f"{name}-{version}.jar" for name, version in connector)}
