"""A job that restarts says why."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from pipeline.flink.failures import Failures, root_cause

TRACE = (
    "org.apache.flink.util.FlinkException: Global failure triggered by OperatorCoordinator for 'Source: records'.\n"
    "\tat org.apache.flink.runtime.operators.coordination.Holder.fail(Holder.java:651)\n"
    "Caused by: org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient\n"
    "\tat org.apache.kafka.clients.admin.KafkaAdminClient.create(KafkaAdminClient.java:547)\n"
    "\t... 6 more\n"
    "Caused by: java.security.NoSuchAlgorithmException: PBES2 SecretKeyFactory not available\n"
    "\tat java.base/javax.crypto.SecretKeyFactory.<init>(SecretKeyFactory.java:118)\n"
)


@pytest.fixture
def page() -> Iterator[tuple[str, dict[str, Any]]]:
    """Flink's page, and what it answers by path."""
    answers: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", answers
    server.shutdown()
    server.server_close()


def test_the_innermost_cause_is_told_once_while_it_stays_the_same(page: tuple[str, dict[str, Any]]) -> None:
    url, answers = page
    told: list[str] = []
    failures = Failures(url, told.append)
    failures.look()  # the page is not there yet
    answers["/jobs"] = {"jobs": [{"id": "a1", "status": "RUNNING"}]}
    answers["/jobs/a1/exceptions?maxExceptions=1"] = {"exceptionHistory": {"entries": []}}
    failures.look()
    assert told == []
    for trace in (TRACE, TRACE, "java.io.IOException: disk full\n\tat a.B(B.java:1)"):
        answers["/jobs/a1/exceptions?maxExceptions=1"] = {
            "exceptionHistory": {"entries": [{"timestamp": 1, "stacktrace": trace}]}
        }
        failures.look()
    assert told == [
        "NoSuchAlgorithmException: PBES2 SecretKeyFactory not available",
        "IOException: disk full",
    ]


def test_a_page_that_nobody_serves_is_no_failure() -> None:
    Failures("http://127.0.0.1:1", pytest.fail).look()


def test_a_trace_without_a_word_has_no_reason() -> None:
    assert root_cause("") == "no reason given"
