"""`liftstream analyze --metric ...`: several metrics, segments and strata of a file of clients."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from liftstream.cli.experiment.wording import in_options, shares_of
from liftstream.cli.files.client_file import decimal_mark, read_table
from liftstream.cli.options import print_json
from liftstream.cli.tables import plain_table, say_more, wide_console
from liftstream.contracts.errors import InputError, UsageError

ROWS_MOST = 40


class Asked(NamedTuple):
    """Which metrics, and how they are looked at."""

    texts: Sequence[str]
    file: Path | None
    covariates: Sequence[str]
    by: Sequence[str]
    strata: str | None
    correction: str


def report_metrics(
    file: str,
    asked: Asked,
    options: dict[str, Any],
    weights: Sequence[str],
    reading: tuple[str | None, str | None, str | None],
    as_json: bool,
) -> None:
    """Reads, judges and prints."""
    from liftstream.experiment.metrics.scorecard import analyze_metrics

    delimiter, decimal, encoding = reading
    table = read_table(file, delimiter=delimiter, encoding=encoding)
    names = {
        name: options[name]
        for name in ("arm", "original", "client", "drop_missing", "blank_clients", "blank_revenue", "crossed")
    }
    try:
        metrics = metrics_of(asked, options["revenue"])
        mark = decimal or decimal_mark(table, [name for metric in metrics for name in metric.columns], file)
        report = analyze_metrics(
            table.columns,
            metrics,
            **names,
            by=asked.by,
            strata=asked.strata,
            alpha=0.05 if options["alpha"] is None else options["alpha"],
            two_sided=bool(options["two_sided"]),
            correction=asked.correction,
            weights=shares_of(weights),
            decimal=mark,
        )
    except ValueError as error:
        raise UsageError(f"{file}: {in_options(str(error))}{table.hint_at_encoding(error)}") from None
    read_as = table.read_as(mark)
    if as_json:
        print_json({**report.to_dict(), "read_as": read_as})
    else:
        print_metrics(report, read_as)


def metrics_of(asked: Asked, revenue: str) -> list[Any]:
    """The metrics that were asked for; the money of --revenue where none was."""
    from dataclasses import replace

    from liftstream.experiment.metrics.metric import Metric

    found = [Metric.parse(text) for text in asked.texts]
    if asked.file is not None:
        found += [Metric.from_dict(entry) for entry in _yaml(asked.file)]
    if not found:
        found = [Metric(revenue, kind="money")]
    plain = {"ratio", "quantile"}
    return [
        replace(one, covariates=tuple(asked.covariates))
        if asked.covariates and not one.covariates and one.kind not in plain
        else one
        for one in found
    ]


def _yaml(path: Path) -> list[dict[str, Any]]:
    import yaml

    from liftstream.contracts.settings import NOT_YAML

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except NOT_YAML as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    entries = document.get("metrics") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not all(isinstance(entry, dict | str) for entry in entries):
        raise InputError(f"{path}: write a list of metrics, each with a name, for example '- name: spend'")
    return [{"name": entry} if isinstance(entry, str) else entry for entry in entries]


def print_metrics(report: Any, read_as: Sequence[str]) -> None:
    """The sentence first, then a row a metric."""
    from liftstream.cli.experiment.report_text import MARKS

    console = wide_console(soft_wrap=True)
    console.print(report.sentence, style="bold")
    console.print()
    console.print(results_table(report))
    say_more(console, len(report.results), ROWS_MOST)
    if report.segments:
        console.print()
        console.print(segments_table(report))
        say_more(console, len(report.segments), ROWS_MOST)
    if report.note:
        console.print(report.note)
    console.print()
    for check in report.checks:
        console.print(f"{MARKS[check.status]} {check.name}: {check.sentence}")
    rows = f"{report.rows:,} rows, {report.clients:,} clients"
    dropped = f"; {report.dropped:,} rows left out" if report.dropped else ""
    read = f"; read as {', '.join(read_as)}" if read_as else ""
    console.print(
        f"{_methods(report)}; alpha {report.alpha:g}, decision metrics corrected by {report.correction}; interval of "
        f"{_levels(report)}; {rows}{dropped}{read}"
    )


def _methods(report: Any) -> str:
    """The tests, and of which metrics where there are several."""
    found: dict[str, list[str]] = {}
    for result in report.results:
        found.setdefault(result.method, []).append(result.metric)
    if len(found) == 1:
        return str(next(iter(found)))
    return "; ".join(f"{method} ({', '.join(dict.fromkeys(metrics))})" for method, metrics in found.items())


def _levels(report: Any) -> str:
    """Levels of the intervals: of questions with one side, 1 - 2 alpha."""
    sides = {result.alternative == "two-sided" for result in report.results}
    one, two = (f"{100 * (1 - each * report.alpha):.3g} %" for each in (2, 1))
    return f"{one}, of watched metrics {two}" if len(sides) == 2 else two if sides == {True} else one


def results_table(report: Any) -> Any:
    """A row for each metric and candidate."""
    from liftstream.cli.experiment.report_text import difference_in_table, levels_in_table, short_p

    of_arms = ("original", "candidate's", "difference", "interval", "relative", "p", "corrected", "")
    table = plain_table("metric", "role", "candidate", *of_arms, names=3)
    for r in report.results[:ROWS_MOST]:
        table.add_row(
            r.metric, r.role, r.candidate, *levels_in_table(r.kind, r.original_value, r.candidate_value),
            *difference_in_table(r.kind, r.effect, r.ci_low, r.ci_high),
            "" if r.relative is None else f"{100 * r.relative:+.1f} %", short_p(r.pvalue), short_p(r.p_adjusted), r.verdict,
        )  # fmt: skip
    return table


def segments_table(report: Any) -> Any:
    """A row for each segment, then whether they differ."""
    from liftstream.cli.experiment.report_text import difference_in_table, short_p

    kinds = {r.metric: r.kind for r in report.results}
    names = ("metric", "candidate", "segment", "clients", "difference", "interval", "p", "corrected")
    table = plain_table(*names, names=3)
    for s in report.segments[:ROWS_MOST]:
        table.add_row(
            s.metric, s.candidate, f"{s.by} {s.segment}", f"{s.n_original + s.n_candidate:,}",
            *difference_in_table(kinds[s.metric], s.effect, s.ci_low, s.ci_high), short_p(s.pvalue), short_p(s.p_adjusted),
        )  # fmt: skip
    for one in report.interactions[:ROWS_MOST]:
        table.add_row(
            one.metric, one.candidate, f"{one.by}: do they differ?", "", "", f"Q {one.q:.1f}, {one.df} df", short_p(one.pvalue),
            short_p(one.p_adjusted),
        )  # fmt: skip
    return table
