"""What pipeline and platform say of themselves is read as they say it."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from liftstream.demo.looking import NoAnswer, Pipeline, fetch, look_at_experiment, not_ready, read_metrics

PAGE = """\
# HELP liftstream_records_read_total Input records taken in
# TYPE liftstream_records_read_total counter
liftstream_records_read_total 1200.0
# TYPE liftstream_pairs_joined_total counter
liftstream_pairs_joined_total 598.0
# TYPE liftstream_records_put_aside_total counter
liftstream_records_put_aside_total{reason="timeout"} 3.0
liftstream_records_put_aside_total{reason="late"} 1.0
# TYPE liftstream_halves_waiting gauge
liftstream_halves_waiting 2.0
# TYPE liftstream_predictions_total counter
liftstream_predictions_total 598.0
# TYPE liftstream_lag_records gauge
liftstream_lag_records{partition="0",topic="topic_historic"} 7.0
# TYPE liftstream_latency_seconds histogram
liftstream_latency_seconds_bucket{le="0.02"} 100.0
liftstream_latency_seconds_bucket{le="0.05"} 500.0
liftstream_latency_seconds_bucket{le="+Inf"} 598.0
liftstream_latency_seconds_count 598.0
liftstream_latency_seconds_sum 21.5
"""


def test_the_counts_of_the_worker_are_read_from_its_metrics() -> None:
    pipeline = read_metrics(PAGE)
    assert (pipeline.read, pipeline.joined, pipeline.waiting, pipeline.predictions) == (1200, 598, 2, 598)
    assert pipeline.put_aside == {"timeout": 3, "late": 1}
    assert pipeline.resolved == 2 * 598 + 4
    assert pipeline.lost == 0


def test_a_quantile_is_the_first_bound_that_enough_predictions_kept() -> None:
    pipeline = read_metrics(PAGE)
    assert pipeline.quantile_s(0.1) == 0.02
    assert pipeline.quantile_s(0.5) == 0.05
    assert pipeline.quantile_s(0.99) == math.inf
    assert Pipeline().quantile_s(0.5) is None


class Handler(BaseHTTPRequestHandler):
    """Answers every path with what `answers` holds."""

    answers: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answers.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, tuple[int, bytes]]]]:
    answers: dict[str, tuple[int, bytes]] = {}
    listening = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"answers": answers}))
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_address[1]}", answers
    listening.shutdown()
    listening.server_close()


def test_why_somebody_is_not_ready_is_told_in_their_words(
    server: tuple[str, dict[str, tuple[int, bytes]]],
) -> None:
    address, answers = server
    answers["/ready"] = 503, json.dumps({"reasons": ["no disk", "no Kafka"]}).encode()
    assert not_ready(address) == "no disk; no Kafka"
    answers["/ready"] = 200, b'{"status": "ready"}'
    assert not_ready(address) is None


def test_a_proxy_of_the_environment_is_not_asked(
    server: tuple[str, dict[str, tuple[int, bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, answers = server
    answers["/live"] = 200, b"{}"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(address, "/live") == (200, b"{}")


def test_where_nobody_listens_there_is_no_answer(server: tuple[str, dict[str, tuple[int, bytes]]]) -> None:
    with pytest.raises(NoAnswer):
        fetch("http://127.0.0.1:9", "/metrics")
    with pytest.raises(NoAnswer, match="404"):
        look_at_experiment(server[0], "unknown")
