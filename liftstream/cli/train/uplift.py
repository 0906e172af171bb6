"""`liftstream train uplift`: an experiment's clients in, a tree of what influencing changes out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from liftstream.cli.options import PATH, FiniteRange, json_option, print_json, seed_option
from liftstream.cli.tables import figures_table, wide_console
from liftstream.cli.train.steps import notices, steps
from liftstream.contracts.errors import require
from liftstream.service.pages.formatting import percent

if TYPE_CHECKING:
    from training.uplift.clients import Clients
    from training.uplift.judging import Judgement, ValueAndCost
    from training.uplift.run import UpliftResult

SEED: Final = 2024
FEWEST, MOST = 1_000, 5_000_000


@click.command("uplift")
@click.option(
    "--data",
    type=PATH,
    help="Table with one row per client (.csv, .csv.gz or .parquet), or a folder with clients and features.",
)
@click.option("--experiment", type=PATH, help="The clients of an experiment: client, arm, revenue.")
@click.option("--features", help="With --data FILE: columns that were known before, with commas [default: all others]. With --experiment: a file of them, by client.")  # fmt: skip
@click.option("--treatment", help="With --data FILE: the column that is 1 for influenced, 0 for left alone. Else: the arm that was influenced.")  # fmt: skip
@click.option(
    "--outcome", help="The column of the result: 0 or 1, or an amount.  [default: revenue, in an experiment]"
)
@click.option(
    "--value",
    type=FiniteRange(0, min_open=True),
    help="Value of one unit of the outcome, in money.  [default: 1]",
)
@click.option("--cost", type=FiniteRange(0), help="Cost of influencing one client, in money.  [default: 0]")
@click.option("--depth", type=click.IntRange(1, 10), default=3, help="Largest number of splits above a leaf.")
@click.option(
    "--choose-data",
    is_flag=True,
    help="Let Thompson sampling choose the training rows, and compare with its baselines.",
)
@click.option("--rows", type=click.IntRange(FEWEST, MOST), help="Without files: clients that the simulated campaign generates.  [default: 200000]")  # fmt: skip
@click.option("--out", type=PATH, help="Folder for model, card and report/.  [default: uplift/]")
@seed_option(SEED)
@json_option
def uplift(
    data: Path | None,
    experiment: Path | None,
    features: str | None,
    treatment: str | None,
    outcome: str | None,
    value: float | None,
    cost: float | None,
    depth: int,
    choose_data: bool,
    rows: int | None,
    out: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Whom to influence: a tree of what influencing changes, evaluated and exported as PMML.

    It needs clients who were influenced or left alone at random, as in an experiment. Without files a simulated
    campaign generates them. The threshold is where uplift x value reaches the cost. The table compares the tree with
    a random score, the best single column, two models and a class transformation, on clients that no model was
    trained on.
    """
    require("training", {"training": ("sklearn", "pandas")})
    asked = _Asked(data, experiment, features, treatment, outcome, rows)
    asked.refuse_contradictions()
    from rich.console import Console

    from training.artefacts import refuse_unwritable, write_report
    from training.uplift.run import UpliftOptions, draw_report, train, write_model
    from training.uplift.tree.tree import Growth

    console = Console(stderr=True, highlight=False)
    out = out or Path("uplift")
    refuse_unwritable(out)
    say = notices(console)
    with steps(console) as step:
        with step(asked.what):
            clients = asked.read(seed, say)
        options = UpliftOptions(Growth(depth=depth), asked.money(value, cost), seed, choose_data, asked.named)
        result = train(clients, options, datetime.now(UTC).isoformat(timespec="seconds"), step, say)
        with step("draw the report"):
            report = draw_report(result, outcome or "outcomes")
    write_report(report, out / "report")
    model = write_model(result, out)
    if as_json:
        print_json(
            {
                "model": str(model),
                "threshold": result.card.threshold,
                "rows": result.card.rows,
                **result.card.metrics,
            }
        )
    else:
        print_result(result, out)


class _Asked:
    """Where the clients come from, by the options."""

    def __init__(
        self,
        data: Path | None,
        experiment: Path | None,
        features: str | None,
        treatment: str | None,
        outcome: str | None,
        rows: int | None,
    ) -> None:
        from training.header import is_parquet, need_table

        if data is not None and data.is_dir() and not is_parquet(data) and experiment is None:
            from training.uplift.files import CLIENTS, FEATURES

            experiment, features = need_table(data, CLIENTS), features or str(need_table(data, FEATURES))
            data = None
        self.data, self.experiment, self.features = data, experiment, features
        self.treatment, self.outcome, self.rows = treatment, outcome, rows

    @property
    def what(self) -> str:
        """For progress."""
        return "simulate a campaign's clients" if self.is_simulated else "read the files"

    @property
    def is_simulated(self) -> bool:
        """Whether there are no files."""
        return self.data is None and self.experiment is None

    def refuse_contradictions(self) -> None:
        """Raises UsageError where options do not go together."""
        if self.data is not None and self.experiment is not None:
            raise click.UsageError("--data and --experiment name clients in two ways; give one of them")
        if self.data is not None and (self.treatment is None or self.outcome is None):
            raise click.UsageError("--data FILE needs --treatment COLUMN and --outcome COLUMN")
        if self.experiment is not None and self.features is None:
            raise click.UsageError("--experiment needs --features FILE: what was known of each client before")
        if self.is_simulated and (self.features or self.treatment or self.outcome):
            raise click.UsageError(
                "--features, --treatment and --outcome describe files; name one by --data or --experiment"
            )
        if not self.is_simulated and self.rows is not None:
            raise click.UsageError("--rows is for the simulated campaign; of files every row is used")

    @property
    def named(self) -> tuple[str, ...]:
        """Columns that the user named as features of a file."""
        if self.data is None:
            return ()
        return tuple(name.strip() for name in (self.features or "").split(",") if name.strip())

    def read(self, seed: int, say: Any) -> "Clients":
        """The clients."""
        from training.uplift.files import REVENUE, read_experiment, read_table
        from training.uplift.generated import ROWS, simulate

        if self.data is not None:
            return read_table(self.data, self.treatment or "", self.outcome or "", self.named)
        if self.experiment is not None:
            return read_experiment(
                self.experiment, Path(self.features or ""), self.treatment, self.outcome or REVENUE, say
            )
        return simulate(self.rows or ROWS, seed)

    def money(self, value: float | None, cost: float | None) -> "ValueAndCost":
        """What decides; the campaign knows its own."""
        from training.uplift.generated import MONEY
        from training.uplift.judging import ValueAndCost

        known = MONEY if self.is_simulated else ValueAndCost()
        return ValueAndCost(known.value if value is None else value, known.cost if cost is None else cost)


def print_result(result: "UpliftResult", out: Path) -> None:
    """The table, and what it says in words."""
    title = f"{len(result.test):,} test clients, {result.test.source}; 95 % intervals"
    table = figures_table(title, "score", "AUUC", "Qini", "uplift@30", "per client", "share")
    for one in result.judged:
        table.add_row(one.scores.name, *_cells(one))
    console = wide_console(soft_wrap=True)
    console.print(table)
    for line in _sentences(result):
        console.print(line, soft_wrap=True)
    console.print(
        f"model and card: {out}/   pictures and figures: {out}/report/", soft_wrap=True, markup=False
    )


def _cells(one: "Judgement") -> list[str]:
    figures = [_with_reach(f.value, f.ci_low, f.ci_high) for f in (one.auuc, one.qini, one.at_30)]
    if one.earned is None or one.share is None:
        return [*figures, "-", "-"]
    return [*figures, _with_reach(*one.earned), percent(one.share, 2)]


def _with_reach(value: float, low: float | None, high: float | None) -> str:
    reach = "" if low is None or high is None else f" ±{(high - low) / 2:.3f}".replace("±0.", "±.")
    return f"{value:.3f}{reach}"


def _sentences(result: "UpliftResult") -> list[str]:
    card, tree = result.card, result.tree
    everybody = card.metrics["profit_of_everybody"]
    about = {one.scores.name: one.scores.about for one in result.judged}
    found = [
        f"per client: money over influencing nobody, where uplift reaches {card.threshold:.4g} (cost / value);"
        f" influencing everybody: {everybody['value']:.4f} ({everybody['low']:.4f} to {everybody['high']:.4f})",
        f"one column: {about['one column']}; tree: {about['tree']}",
    ]
    if tree.qini.ci_low is not None and tree.qini.ci_low <= 0:
        found.append(
            "The tree's Qini has 0 in its interval: these clients do not show that it knows more than chance."
        )
    best = card.metrics.get("true_profit_best_possible")
    if best:
        share = (tree.true_profit or 0.0) / best
        found.append(
            f"By the truth of the simulation the tree earns {percent(share, 2)} of the best possible {best:.3f} per client."
        )
    if result.selection is not None:
        found.append(_selection_said(result))
    return found


def _selection_said(result: "UpliftResult") -> str:
    selection = result.selection
    if selection is None:
        return ""
    areas = ", ".join(
        f"{name} {value:.4f} ({selection.rows[name]:,} rows)" for name, value in selection.test.items()
    )
    accepted = sum(draw.accepted for draw in selection.chosen.draws)
    beats = "beats both" if selection.beats_baselines else "does not beat both"
    return (
        f"chosen rows: ended by {selection.chosen.why} after {len(selection.chosen.draws)} draws, {accepted} kept;"
        f" AUUC on test clients: {areas}; Thompson {beats} here (one split: see the intervals above)"
    )
