"""What one watches: counts as they are, on a terminal and in a log."""

import io
from pathlib import Path

from rich.console import Console

from liftstream.demo.live_view import View
from liftstream.demo.looking import Pipeline
from liftstream.demo.plan import Request
from liftstream.demo.run import DemoCounts
from liftstream.simulation.shop.till import Counts
from tests.demo.demo_reports import report_of

REQUEST = Request(5_678, 1, "cross_selling", Path("pmml/cross_selling.pmml"), Path("demo"))
SNAPSHOT = DemoCounts(
    seconds=12.4,
    shop=Counts(opened=4_000, paid=3_000),
    pipeline=Pipeline(
        7_000, 3_498, 4, 3_490, 0, {"timeout": 2, "late": 0}, {0.05: 3_400, 0.2: 3_489, float("inf"): 3_490}
    ),
    report=report_of(n_total=3_000, sessions=3_000),
    rate=247.6,
)


def seen(*, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=110, highlight=False)
    view = View(REQUEST, console)
    with view.shown():
        view.tell("starting the embedded broker")
        view.see(SNAPSHOT)
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    return written


def test_on_a_terminal_everything_is_in_one_picture() -> None:
    picture = seen(terminal=True)
    for expected in (
        "3,000 of 11,356 clients",
        "3,490",
        "248 a second",
        "half within 50 ms, 99 % within 200 ms",
        "2 timeout",
    ):
        assert expected in picture
    assert "+0.70" in picture


def test_in_a_log_it_is_a_line_without_escapes() -> None:
    lines = seen(terminal=False).splitlines()
    assert lines[0] == "starting the embedded broker"
    assert "3,000 of 11,356 clients have paid, 248 decisions/s" in lines[1]
    assert "2 unanswered, 2 put aside" in lines[1]
    assert len(lines) == 2
    assert "\x1b" not in "".join(lines)
