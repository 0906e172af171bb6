"""`liftstream doctor`: one line a check, what to do where one fails, an exit code for scripts."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from click.testing import CliRunner, Result

from liftstream.cli.pipeline import doctor as command
from liftstream.cli.pipeline.doctor import check_platform, doctor
from liftstream.contracts.places import find_stream
from liftstream.contracts.settings import load_settings
from tests.streams.formats.registry import StandIn, serving

NOWHERE = "KAFKA__BOOTSTRAP=127.0.0.1:1"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, [word for one in arguments for word in ("--set", one)])


def line(result: Result, check: str) -> str:
    return next(one for one in result.output.splitlines() if one[8:].startswith(check))


def test_without_a_broker_it_says_so_skips_what_needs_one_and_checks_the_rest() -> None:
    result = run(NOWHERE, "PIPELINE__TOKEN=t")
    assert result.exit_code == 1
    assert "no Kafka at 127.0.0.1:1: Connection refused; start the broker, or set KAFKA__BOOTSTRAP" in line(
        result, "broker"
    )
    assert line(result, "rights").startswith("skipped")
    assert line(result, "token").startswith("ok")
    assert line(result, "state").startswith("ok")


def test_it_changes_nothing(tmp_path: Path) -> None:
    run(NOWHERE)
    assert list(tmp_path.iterdir()) == []


def test_the_token_is_never_shown() -> None:
    assert "hush" not in run(NOWHERE, "PIPELINE__TOKEN=hush").output


@pytest.mark.parametrize(
    ("setting", "check", "said"),
    [
        ("PIPELINE__MODEL=away.pmml", "model", "away.pmml: no such model file"),
        ("PIPELINE__SIDE_OUTPUT=taken/here", "side output", "taken/here cannot be written"),
        ("PIPELINE__STATE=taken", "state", "taken cannot be written: restarts will be correct but not exact"),
        ("KAFKA__SECURITY_PROTOCOL=SASL_SSL", "security", "needs KAFKA__SASL_MECHANISM"),
        ("PLATFORM__PORT=1", "platform", "http://127.0.0.1:1/live: "),
    ],
)
def test_a_failure_says_what_and_what_to_do(setting: str, check: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    result = run(NOWHERE, setting)
    assert result.exit_code == 1
    assert line(result, check).startswith("FAILED")
    assert said in line(result, check)


def test_the_stream_and_what_its_model_asks_for_are_looked_at_without_a_broker(tmp_path: Path) -> None:
    result = run(NOWHERE)
    assert line(result, "stream").startswith("ok")
    assert "topic_historic (110 features), within 3 s -> topic_student_prediction" in line(result, "stream")
    assert line(result, "features").endswith("all 113 that the model asks for are provided")
    shipped = find_stream(Path("config/silocompro.yaml")).read_text()
    (tmp_path / "young.yaml").write_text(shipped.replace("age: {path: age", "years: {path: age"))
    result = run(NOWHERE, "PIPELINE__STREAM=young.yaml")
    assert line(result, "features").startswith("FAILED")
    assert "asks for age, and no side of silocompro provides it" in line(result, "features")
    (tmp_path / "young.yaml").write_text(shipped.replace("type: flag}", "type: flags}"))
    result = run(NOWHERE, "PIPELINE__STREAM=young.yaml")
    assert "young.yaml:13: sides.demographic.features.woman.type: 'flags'" in result.output
    assert line(result, "features").startswith("skipped")


def test_json_is_one_document_with_a_status_for_every_check() -> None:
    result = CliRunner().invoke(doctor, ["--json", "--set", NOWHERE])
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert {one["check"] for one in document["checks"]} >= {
        "broker",
        "topics",
        "rights",
        "partitions",
        "model",
    }
    assert {one["status"] for one in document["checks"]} <= {"ok", "failed", "skipped"}
    assert result.exit_code == 1


class Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/live" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Alive) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_platform_that_answers_is_ok_and_one_that_was_not_named_is_skipped(platform: int) -> None:
    assert check_platform(load_settings(overrides={"PLATFORM__PORT": str(platform)})).status == "ok"
    assert check_platform(load_settings(environment={})).status == "skipped"


def test_where_all_is_in_order_it_says_what_to_type_next(monkeypatch: pytest.MonkeyPatch) -> None:
    from liftstream.broker.diagnosis import Finding

    monkeypatch.setattr(command, "examine", lambda _: iter([Finding("broker", "ok", "answers")]))
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 0
    assert result.output.splitlines()[-1].endswith("liftstream run")


def test_a_stream_in_avro_needs_a_registry_that_answers(tmp_path: Path) -> None:
    shipped = find_stream(Path("config/silocompro.yaml")).read_text()
    (tmp_path / "avro.yaml").write_text(shipped.replace("format: json", "format: avro", 1))
    stream = (NOWHERE, "PIPELINE__TOKEN=t", "PIPELINE__STREAM=avro.yaml")
    without = run(*stream)
    assert "KAFKA__SCHEMA_REGISTRY is not set" in line(without, "registry")
    with serving(StandIn()) as registry:
        there = run(*stream, f"KAFKA__SCHEMA_REGISTRY={registry.address}")
        assert line(there, "registry").startswith("ok")
        assert "topic_demographic (avro)" in line(there, "registry")
        assert line(there, "model").startswith("ok")
        registry.instead = 503, b"starting"
        away = run(*stream, f"KAFKA__SCHEMA_REGISTRY={registry.address}")
    assert line(away, "registry").startswith("FAILED")
    assert "answers 503" in line(away, "registry")
    assert "registry" not in run(NOWHERE).output


def test_what_answers_at_the_platforms_port_and_speaks_no_http_is_no_platform() -> None:
    class Greeting(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found = check_platform(load_settings(overrides={"PLATFORM__PORT": str(server.server_address[1])}))
        server.shutdown()
    assert (found.status, "SSH-2.0-OpenSSH_9.6" in found.said) == ("failed", True)
