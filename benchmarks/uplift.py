"""`python -m benchmarks.uplift [--hillstrom FILE] [--seeds N]`: curves, trees and the choosing of rows: how fast, how
big, how good.

Last result: docs/uplift.md.
"""

import resource
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from liftstream import experiment
from training.uplift import generated
from training.uplift.clients import Clients, hold_out, refuse_too_few, strata_of
from training.uplift.features import columns_of, encode, learn_fields
from training.uplift.files import read_table
from training.uplift.fitting import fit_tree
from training.uplift.judging import ValueAndCost, best_profit, judge, true_profit
from training.uplift.learners import LearnerScores, challenge
from training.uplift.selection.selection_report import SelectionReport, compare_selections
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.tree import Growth

TEST = 0.3
FEATURES = ("recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel")


def timed(what: str, task: Callable[[], Any], bar_s: float) -> Any:
    """Does a task once, and says how long it took."""
    start = time.perf_counter()
    found = task()
    print(f"{what:<58}{time.perf_counter() - start:8.2f} s   bar {bar_s:g} s", flush=True)
    return found


def silent(_: str) -> None:
    """What training says of columns is not wanted here."""


def speed() -> None:
    """Curves of a million clients; trees of 64,000 x 8 and 1,000,000 x 20."""
    rng = np.random.default_rng(1)
    y, treatment = (rng.random(1_000_000) < 0.2).astype(float), rng.integers(0, 2, 1_000_000)
    score = rng.normal(size=1_000_000)
    timed("uplift curve, 1,000,000 clients", lambda: experiment.uplift_curve(y, treatment, score), 2)
    timed("AUUC with its interval", lambda: experiment.auuc(y, treatment, score), 2)
    timed("Qini with its interval", lambda: experiment.qini(y, treatment, score), 2)
    hold_out(np.arange(10) % 2, 0.5, 1)  # scikit-learn is loaded once, for all that follows
    for rows, width, bar_s in ((64_000, 8, 5), (1_000_000, 20, 90)):
        columns = [rng.normal(size=rows) for _ in range(width)]
        arm = rng.integers(0, 2, rows).astype(np.uint8)
        outcome = (rng.random(rows) < 0.2 + 0.1 * arm * (columns[0] > 0)).astype(float)
        part = TrainingRows(columns, arm, outcome)
        timed(f"tree, {rows:,} x {width}", lambda: fit_tree(part, Growth(), 1), bar_s)  # noqa: B023
    print(
        f"{'memory at most':<58}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GB  bar 1.5 GB"
    )


def read_hillstrom(file: Path, segment: str) -> Clients:
    """The clients of one e-mail and of none; outcome: visit."""
    import pandas as pd

    table = pd.read_csv(file)
    some = table[table["segment"].isin([segment, "No E-Mail"])].copy()
    some["mail"] = (some["segment"] == segment).astype(int)
    with TemporaryDirectory() as folder:
        some.to_csv(Path(folder) / "clients.csv", index=False)
        return read_table(Path(folder) / "clients.csv", "mail", "visit", FEATURES)


def judge_splits(clients: Clients, seeds: Iterable[int]) -> dict[str, list[tuple[float, float]]]:
    """Qini and uplift@30 of every learner on each split."""
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in seeds:
        known, test = (clients.take(rows) for rows in hold_out(strata_of(clients), TEST, seed))
        fields = learn_fields(known.table, silent)
        part, matrix = TrainingRows.of(fields, known), encode(fields, test.table)
        tree = fit_tree(part, Growth(), seed)
        own = LearnerScores("tree", "", tree.score(matrix), True)
        for scores in (own, *challenge(part, matrix, columns_of(fields), seed)):
            judged = judge(scores, test, ValueAndCost(), seed)
            found.setdefault(scores.name, []).append((judged.qini.value, judged.at_30.value))
    return found


def hillstrom(file: Path) -> None:
    """Five stratified 70/30 splits of both e-mails."""
    for segment in ("Womens E-Mail", "Mens E-Mail"):
        print(f"\n{segment}, visit: mean of five splits (sd)      Qini            uplift@30")
        for name, figures in judge_splits(read_hillstrom(file, segment), range(5)).items():
            (qini, at_30), (qini_sd, at_30_sd) = np.mean(figures, axis=0), np.std(figures, axis=0, ddof=1)
            print(f"  {name:<40}{qini:8.4f} ({qini_sd:.4f}) {at_30:8.4f} ({at_30_sd:.4f})", flush=True)


def profit(seeds: Iterable[int]) -> None:
    """What the tree earns of the best possible, on 200,000 clients of the campaign."""
    shares = []
    for seed in seeds:
        clients = generated.simulate(200_000, seed)
        known, test = (clients.take(rows) for rows in hold_out(strata_of(clients), TEST, seed))
        fields = learn_fields(known.table, silent)
        tree = fit_tree(TrainingRows.of(fields, known), Growth(), seed)
        influenced = tree.score(encode(fields, test.table)) >= generated.MONEY.threshold
        earned, best = (true_profit(influenced, test, generated.MONEY), best_profit(test, generated.MONEY))
        shares.append((earned or 0.0) / (best or 1.0))
    print(
        f"\nprofit of the tree, of the best possible, by seed: {', '.join(f'{s:.3f}' for s in shares)}   bar 0.80"
    )


def selections(name: str, clients: Callable[[int], Clients], seeds: Sequence[int]) -> None:
    """The loop beside its baselines."""
    reports = []
    for seed in seeds:
        some = clients(seed)
        refuse_too_few(some, name)
        known, test = (some.take(rows) for rows in hold_out(strata_of(some), TEST, seed))
        fields = learn_fields(known.table, silent)
        part, others = TrainingRows.of(fields, known), TrainingRows.of(fields, test)
        every = fit_tree(part, Growth(), seed)
        reports.append(compare_selections(part, known, others, every, Growth(), seed))
    print(f"\nchoosing rows, {name}, {len(seeds)} seeds: AUUC on clients that no draw has seen")
    for way in reports[0].test:
        print(
            f"  {way:<16}{spread([report.test[way] for report in reports])}   {reports[0].rows[way]:,} rows"
        )
    print(
        f"  validation      {spread([report.validation for report in reports if report.validation == report.validation])}"
    )
    told(reports)


def spread(values: Sequence[float]) -> str:
    """Mean, and the furthest from it in percent."""
    mean = float(np.mean(values))
    return f"mean {mean:.4f}, sd {np.std(values, ddof=1):.4f}, furthest {100 * np.max(np.abs(np.array(values) / mean - 1)):.0f} %"


def told(reports: Sequence[SelectionReport]) -> None:
    """How the loops ended."""
    draws = [len(report.chosen.draws) for report in reports]
    kept = [sum(draw.accepted for draw in report.chosen.draws) for report in reports]
    beats = sum(report.beats_baselines for report in reports)
    print(
        f"  draws {min(draws)} to {max(draws)}, kept {min(kept)} to {max(kept)}; beats both baselines {beats} of {len(reports)} times"
    )
    for why in sorted({report.chosen.why for report in reports}):
        print(f"  ended by {why}: {sum(report.chosen.why == why for report in reports)}")


@click.command()
@click.option("--hillstrom", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The MineThatData e-mail file (CSV, .gz too).")  # fmt: skip
@click.option("--seeds", default=10, show_default=True, help="Of the choosing of rows.")
def main(file: Path | None, seeds: int) -> None:
    """Curves, trees and the choosing of rows."""
    speed()
    profit(range(5))
    selections("campaign, 10,000 clients", lambda seed: generated.simulate(10_000, seed), range(seeds))
    if file is not None:
        hillstrom(file)
        women = read_hillstrom(file, "Womens E-Mail")
        selections("women's e-mail", lambda _: women, range(seeds))


if __name__ == "__main__":
    main()
