"""The output of a proof: live progress, the invariant table of every scenario, and a summary of all."""

import math
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from liftstream.prove.outcome import ScenarioOutcome
from liftstream.prove.scenario import Scenario

WIDTH_OF_FILES = 150
SPARKS = " ▁▂▃▄▅▆▇█"
"""Characters for 0 to about 5,000 clients, by their logarithm."""
LOST = "every pair has an answer"
WRONG = ("all answers to a pair are equal and right", "no answer without both halves")
UNEXPLAINED = ("every other record is put aside", "with the right reason")
LEDGER_COLUMNS = (
    "records",
    "answers",
    "repeated",
    "aside",
    "lost",
    "wrong",
    "unexplained",
    "other",
    "restart s",
    "MB",
    "s",
)


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for the tables if there is none."""
    found = Console(stderr=stderr, highlight=False)
    return found if found.is_terminal else Console(stderr=stderr, highlight=False, width=WIDTH_OF_FILES)


class LiveReport:
    """Shows on stderr what runs, and prints every scenario's table on stdout as soon as it is over.

    Args:
        scenarios: all that will run.
        seed: is shown from the beginning, since it repeats the run.
        quiet: no tables, because a document follows at the end.
    """

    def __init__(self, scenarios: Sequence[Scenario], seed: int, *, quiet: bool) -> None:
        self._seed, self._quiet = seed, quiet
        self._out, self._err = console(), console(stderr=True)
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}"),
            console=self._err,
            transient=True,
            redirect_stdout=False,  # stdout may be a file: the tables are its own
            disable=not self._err.is_terminal,
        )
        self._all = self._bar.add_task("scenarios", total=len(scenarios), what="starting Apache Kafka")
        self._tasks: dict[str, TaskID] = {}
        self._printing = threading.Lock()

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._bar.update(self._all, what=f"seed {self._seed}")
        self._tasks[scenario.name] = self._bar.add_task(scenario.name, total=None, what="")

    def told(self, scenario: Scenario, what: str) -> None:
        """Something happens in it."""
        self._bar.update(self._tasks[scenario.name], what=what)
        if not self._err.is_terminal:
            self._err.print(f"{scenario.name}: {what}", markup=False)

    def ended(self, outcome: ScenarioOutcome) -> None:
        """It is over."""
        self._bar.remove_task(self._tasks[outcome.scenario])
        self._bar.advance(self._all)
        if not self._quiet:
            with self._printing:  # the bar may be on the same terminal
                self._bar.stop()
                self._out.print(invariant_table(outcome))
                self._bar.start()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._bar.stop()


def invariant_table(outcome: ScenarioOutcome) -> RenderableType:
    """What held in one scenario, and what was done when."""
    verdict = Text("held", "bold green") if outcome.passed else Text("BROKEN", "bold red")
    title = Text.assemble(
        (outcome.scenario, "bold"), f" (seed {outcome.seed}, {outcome.seconds:.0f} s): ", verdict
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("invariant")
    table.add_column("broken", justify="right")
    table.add_column("found")
    for check in outcome.checks:
        found = "\n".join([check["said"], *check["examples"]]).strip()
        table.add_row(
            check["invariant"], f"{check['broken']:,}", Text(found), style="red" if check["broken"] else ""
        )
    marks = "".join(
        SPARKS[min(len(SPARKS) - 1, math.ceil(2 * math.log10(1 + count)))] for count in outcome.newly_answered
    )
    table.add_row("clients newly answered, second by second", "", Text(marks, overflow="fold"))
    lines = outcome.schedule + ([f"kept for you to look at: {outcome.kept}"] if outcome.kept else [])
    return Group(title, table, Padding(Text("\n".join(lines), "dim"), (0, 0, 1, 0), expand=False))


def ledger(outcomes: Sequence[ScenarioOutcome]) -> Table:
    """A table with a row for each scenario."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("scenario")
    for name in LEDGER_COLUMNS:
        table.add_column(name, justify="right")
    for one in sorted(outcomes, key=lambda outcome: outcome.scenario):
        table.add_row(one.scenario, *ledger_row(one), style="" if one.passed else "red")
    return table


def ledger_row(outcome: ScenarioOutcome) -> list[str]:
    """The cells of `LEDGER_COLUMNS`."""
    lost, wrong = outcome.broken(LOST), outcome.broken(*WRONG)
    unexplained = outcome.broken(*UNEXPLAINED)
    other = sum(check["broken"] for check in outcome.checks) - lost - wrong - unexplained
    counts = (
        outcome.sent,
        outcome.answers,
        outcome.repeated,
        outcome.put_aside,
        lost,
        wrong,
        unexplained,
        other,
    )
    restart = "" if outcome.restart_s is None else f"{outcome.restart_s:.1f}"
    return [*(f"{count:,}" for count in counts), restart, str(outcome.memory_mb), f"{outcome.seconds:.0f}"]


def print_summary(outcomes: Sequence[ScenarioOutcome], seed: int) -> None:
    """The ledger and one sentence."""
    out = console()
    out.print(ledger(outcomes))
    failed = [one.scenario for one in outcomes if not one.passed]
    if failed:
        repeat = f"liftstream prove --seed {seed} --scenario {failed[0]}"
        out.print(
            f"{len(failed)} of {len(outcomes)} scenarios are broken: {', '.join(failed)}; repeat one by '{repeat}'"
        )
        return
    records, answers = sum(one.sent for one in outcomes), sum(one.answers for one in outcomes)
    out.print(
        f"{len(outcomes)} scenarios, {records:,} records, {answers:,} answers: nothing lost, nothing wrong, nothing"
        f" unexplained (seed {seed})"
    )


def print_scenarios(scenarios: Sequence[Scenario]) -> None:
    """Prints the scenarios."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("scenario", "fault", "in CI"):
        table.add_column(name)
    for one in scenarios:
        table.add_row(one.name, one.throws, "yes" if one.quick else "")
    console().print(table)
