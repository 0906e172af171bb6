"""What people see of a proof: live progress, the invariant table of every scenario, and the ledger of all."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from liftstream.prove.outcome import Outcome
from liftstream.prove.scenario import Scenario

LOST = "every pair has an answer"
WRONG = ("all answers to a pair are equal and right", "no answer without both halves")
UNEXPLAINED = ("every other record is put aside", "with the right reason")


class Progress:
    """Shows on stderr what runs, and prints every scenario's table on stdout as soon as it is over.

    Args:
        scenarios: all that will run.
        seed: is printed first, since it repeats the run.
        quiet: no tables, because a document follows at the end.
    """

    def __init__(self, scenarios: Sequence[Scenario], seed: int, *, quiet: bool) -> None:
        self._seed, self._quiet = seed, quiet
        self._out, self._err = Console(), Console(stderr=True)
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}"),
            console=self._err,
            transient=True,
        )
        self._all = self._bar.add_task("scenarios", total=len(scenarios), what="a broker is started")
        self._tasks: dict[str, TaskID] = {}

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._bar.update(self._all, what=f"seed {self._seed}")
        self._tasks[scenario.name] = self._bar.add_task(scenario.name, total=None, what="")

    def told(self, scenario: Scenario, what: str) -> None:
        """Something happens in it."""
        self._bar.update(self._tasks[scenario.name], what=what)
        if not self._err.is_terminal:
            self._err.print(f"{scenario.name}: {what}", markup=False, highlight=False)

    def ended(self, outcome: Outcome) -> None:
        """It is over."""
        self._bar.remove_task(self._tasks[outcome.scenario])
        self._bar.advance(self._all)
        if not self._quiet:
            self._out.print(invariant_table(outcome))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._bar.stop()


def invariant_table(outcome: Outcome) -> Table:
    """What held in one scenario, and what was done when."""
    mark = "held" if outcome.passed else "BROKEN"
    table = Table(title=f"{outcome.scenario} (seed {outcome.seed}): {mark}", title_justify="left")
    table.add_column("invariant")
    table.add_column("broken", justify="right")
    table.add_column("found")
    for check in outcome.checks:
        found = "\n".join([check["said"], *check["examples"]]).strip()
        table.add_row(check["invariant"], str(check["broken"]), found)
    table.caption = "\n".join(outcome.schedule + ([f"kept: {outcome.kept}"] if outcome.kept else []))
    table.caption_justify = "left"
    return table


def ledger(outcomes: Sequence[Outcome]) -> Table:
    """All scenarios, one a row."""
    table = Table(title="the ledger", title_justify="left")
    table.add_column("scenario")
    names = (
        "records",
        "answers",
        "repeated",
        "put aside",
        "lost",
        "wrong",
        "unexplained",
        "other",
        "restart s",
        "MB",
        "s",
    )
    for name in names:
        table.add_column(name, justify="right")
    for one in sorted(outcomes, key=lambda outcome: outcome.scenario):
        lost, wrong, unexplained = one.broken(LOST), one.broken(*WRONG), one.broken(*UNEXPLAINED)
        other = sum(check["broken"] for check in one.checks) - lost - wrong - unexplained
        restart = "" if one.restart_s is None else f"{one.restart_s:.1f}"
        counts = (one.sent, one.answers, one.repeated, one.put_aside, lost, wrong, unexplained, other)
        table.add_row(
            one.scenario,
            *(f"{count:,}" for count in counts),
            restart,
            str(one.memory_mb),
            f"{one.seconds:.0f}",
        )
    return table


def print_summary(outcomes: Sequence[Outcome], seed: int) -> None:
    """The ledger and one sentence."""
    console = Console()
    console.print(ledger(outcomes))
    failed = [one.scenario for one in outcomes if not one.passed]
    records = sum(one.sent for one in outcomes)
    if failed:
        console.print(
            f"broken in {', '.join(failed)}; 'liftstream prove --seed {seed} --scenario {failed[0]}' repeats it"
        )
        return
    console.print(
        f"{len(outcomes)} scenarios, {records:,} records: nothing lost, nothing wrong, nothing unexplained (seed {seed})"
    )


def print_scenarios(scenarios: Sequence[Scenario]) -> None:
    """What there is."""
    table = Table("scenario", "what is thrown", "in CI")
    for one in scenarios:
        table.add_row(one.name, one.throws, "yes" if one.quick else "")
    Console().print(table)
