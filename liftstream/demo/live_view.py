"""The progress display: a live view on a terminal, elsewhere a line from time to time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from liftstream.demo.looking import Pipeline, SeenArm, SeenReport
from liftstream.demo.plan import ARM, Request
from liftstream.demo.run import DemoCounts
from liftstream.experiment.amounts import money
from liftstream.experiment.trial.plans import ORIGINAL

SAY_EVERY_S: Final = 5.0
BAR: Final = 46


class View:
    """Shows what happens, on stderr.

    Args:
        request: says how many clients will come.
        console: default: stderr.
    """

    def __init__(self, request: Request, console: Console | None = None) -> None:
        self._request = request
        self.console = console or Console(stderr=True, highlight=False)
        self._live = Live(console=self.console, transient=True, refresh_per_second=8)
        self._said_at = float("-inf")
        self.page = ""

    @contextmanager
    def shown(self) -> Iterator["View"]:
        """Shows the view while the block runs; nothing of it stays on the terminal."""
        if not self.console.is_terminal:
            yield self
            return
        with self._live:
            yield self

    def tell(self, what: str) -> None:
        """Says what is being done."""
        if self.console.is_terminal:
            self._live.update(Spinner("dots", Text(f" {what}")))
        else:
            self.console.print(what, markup=False, soft_wrap=True)

    def see(self, snapshot: DemoCounts) -> None:
        """Shows new counts."""
        if self.console.is_terminal:
            self._live.update(self._picture(snapshot))
        elif time.monotonic() > self._said_at + SAY_EVERY_S:
            self._said_at = time.monotonic()
            self.console.print(self._line(snapshot), markup=False, soft_wrap=True)

    def _picture(self, now: DemoCounts) -> RenderableType:
        return Padding(
            Group(
                self._head(),
                Text(),
                self._progress(now),
                Text(),
                _counts(now),
                Text(),
                arms_table(now.report),
            ),
            (1, 2),
        )

    def _head(self) -> Text:
        head = Text("A simulated shop: ", style="bold")
        head.append(
            f"does {self._request.candidate} earn more than {self._request.world.rule}?\n", style="bold"
        )
        head.append(f"seed {self._request.seed}; watch it on {self.page}", style="dim")
        return head

    def _progress(self, now: DemoCounts) -> Table:
        wanted = self._request.visitors.sessions
        row = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=wanted or 1, completed=now.report.n_total, width=BAR)
        row.add_row(bar, f"{now.report.n_total:,} of {wanted:,} clients have paid", f"{now.seconds:.0f} s")
        return row

    def _line(self, now: DemoCounts) -> str:
        return (
            f"{now.seconds:3.0f} s: {now.report.n_total:,} of {self._request.visitors.sessions:,} clients have paid,"
            f" {now.rate:.0f} decisions/s, {latency_said(now.pipeline)}, {now.report.unanswered} unanswered,"
            f" {now.pipeline.aside} put aside"
        )


def _counts(now: DemoCounts) -> Table:
    table = Table.grid(padding=(0, 3))
    pipeline = now.pipeline
    table.add_row("decisions", Text(f"{pipeline.predictions:,}", "bold"), f"{now.rate:,.0f} a second")
    table.add_row(
        "latency", Text(latency_said(pipeline), "bold"), "from the later message to the decision in Kafka"
    )
    table.add_row("unanswered", _alarming(now.report.unanswered), "pages shown before anybody had decided")
    table.add_row("side output", _alarming(pipeline.aside), aside_said(pipeline))
    return table


def _alarming(count: int) -> Text:
    return Text(f"{count:,}", "bold yellow" if count else "bold green")


def latency_said(pipeline: Pipeline) -> str:
    """Two quantiles of the latency, by the bounds of the histogram."""
    half, most = pipeline.quantile_s(0.5), pipeline.quantile_s(0.99)
    if half is None or most is None:
        return "no decision yet"
    return f"half within {_duration(half)}, 99 % within {_duration(most)}"


def _duration(seconds: float) -> str:
    return f"{1_000 * seconds:,.0f} ms" if seconds < float("inf") else "more than a minute"


def aside_said(pipeline: Pipeline) -> str:
    """The records put aside, by reason."""
    found = ", ".join(f"{count:,} {reason}" for reason, count in pipeline.put_aside.items() if count)
    return found or "every message found its partner"


def arms_table(report: SeenReport) -> Table:
    """Money per arm, and the difference so far or in the end."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for heading in ("arm", "clients", "shown", "unanswered", "$ per client"):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for name in (ORIGINAL, ARM):
        table.add_row(*_cells(report.arm(name)))
    if report.effect is not None:
        table.add_section()
        table.add_row("difference", "", "", "", Text(money(report.effect, sign=True), "bold"))
    return table


def _cells(arm: SeenArm) -> Iterator[str]:
    yield arm.arm
    yield f"{arm.n:,}"
    yield "-" if arm.shown_share is None else f"{100 * arm.shown_share:.0f} %"
    yield f"{arm.unanswered:,}"
    spread = "" if arm.half_width is None else f" ± {arm.half_width:.2f}"
    yield "-" if arm.mean is None else f"{arm.mean:.2f}{spread}"
