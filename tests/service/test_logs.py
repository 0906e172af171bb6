"""Logs: one JSON object a line, noise once in a while, secrets never."""

import json
import logging
import subprocess
import sys
import textwrap

from liftstream.service.logs import PAUSE_S, OncePerPause


def printed(program: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_our_lines_and_those_of_libraries_are_json_with_level_and_time() -> None:
    ours, theirs = printed("""
        import logging, structlog
        from liftstream.service.logs import set_up_logs
        set_up_logs()
        structlog.get_logger().info("started", port=8081)
        logging.getLogger("aiokafka.client").error('Unable connect to "%s": %s', "host", "refused")
        logging.getLogger("faust").info("chatter")
    """)
    assert (ours["event"], ours["port"], ours["level"]) == ("started", 8081, "info")
    assert theirs["event"] == 'Unable connect to "host": refused'
    assert theirs["logger"] == "aiokafka.client"
    assert ours.keys() & theirs.keys() >= {"event", "level", "timestamp"}


def test_an_exception_stays_on_its_line() -> None:
    (line,) = printed("""
        import logging
        from liftstream.service.logs import set_up_logs
        set_up_logs()
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("mode").exception("crashed")
    """)
    assert "ZeroDivisionError" in str(line["exception"])


def test_a_noisy_library_says_the_same_once_in_a_while_and_how_often_it_was_left_out() -> None:
    clock = [0.0]
    noise = OncePerPause(lambda: clock[0])
    passed = []
    for second in range(0, int(2 * PAUSE_S) + 1, 5):
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "Unable connect: %s", ("x",), None)
        clock[0] = float(second)
        if noise.filter(record):
            passed.append((second, getattr(record, "left_out", None)))
    assert passed == [(0, 0), (30, 5), (60, 5)]


def test_what_is_ours_is_never_left_out() -> None:
    noise = OncePerPause()
    record = logging.LogRecord("pipeline.worker", logging.INFO, "", 0, "again", (), None)
    assert all(noise.filter(record) for _ in range(10))
