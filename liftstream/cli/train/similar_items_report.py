"""What a training of lists tells: what was left out, and the figures before and after as a table or a document."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liftstream.cli.tables import figures_table, wide_console
from liftstream.service.pages.formatting import percent

if TYPE_CHECKING:
    from training.similar_items.run import Judged, ListsResult


def tell_left_out(result: "ListsResult", notice: Callable[[str], None]) -> None:
    """Says what did not take part, that there are no premieres, and a rank that explains less than was asked for."""
    left_out, least = result.prepared.left_out, result.options.min_support
    texts = (
        (left_out.titles_without_views, "titles that nobody watched"),
        (left_out.titles_below_support, f"titles that fewer than {least} users liked"),
        (left_out.users_without_liking, "users who liked none of the others"),
    )
    told = [f"{count:,} {what}" for count, what in texts if count]
    if told:
        notice(f"left out: {', '.join(told)}")
    if not result.prepared.premiere.any():
        notice(
            f"no title was released on {result.prepared.premieres_from} or later, so no list changes;"
            " --premieres-from says when premieres begin"
        )
    factors = result.after.factors
    if not factors.reached:
        notice(
            f"rank {factors.rank} explains {percent(factors.explained[-1], 2)} of the matrix, not the"
            f" {percent(result.options.explained)} of --explained; --most-rank allows more"
        )


def as_document(result: "ListsResult", version: str, file: Path, source: str) -> dict[str, Any]:
    """What `--json` prints."""
    from training.similar_items.run import metrics, options_of

    prepared = result.prepared
    return {
        "source": source,
        "snapshot": version,
        "file": str(file),
        "items": len(prepared.catalogue),
        "users": len(prepared.users),
        "rows": prepared.rows,
        "seed": result.seed,
        "options": options_of(result),
        **metrics(result),
    }


def print_table(result: "ListsResult", version: str, file: Path, source: str) -> None:
    """The figures of both sets of lists side by side, and where everything is."""
    prepared = result.prepared
    title = f"{len(prepared.catalogue):,} titles, {len(prepared.users):,} users, {source}"
    table = figures_table(title, "lists", "premieres as they are", "weighed down")
    length = result.options.rules.length
    for (name, before), (_, after) in zip(
        _cells(result.before, length), _cells(result.after, length), strict=True
    ):
        table.add_row(name, before, after)
    console = wide_console(soft_wrap=True)
    console.print(table)
    console.print(f"snapshot {version} in {file.parent}/, pictures in {file.parent}/report/", soft_wrap=True)
    shown = prepared.catalogue.title[int(prepared.watchers.argmax())]
    command = shlex.join(["liftstream", "similar-items", "show", shown, "--snapshot", str(file.parent)])
    console.print(command, soft_wrap=True)


def _cells(judged: "Judged", length: int) -> list[tuple[str, str]]:
    figures = judged.figures
    rows = [
        ("places held by premieres", percent(figures.premiere_share)),
        ("titles that are in a list", percent(figures.coverage)),
        ("watchers of a neighbour, mean", f"{figures.mean_popularity:,.1f}"),
        ("neighbours a list, mean", f"{figures.mean_length:.2f}"),
        ("lists of the most repeated title", f"{figures.most_lists:,}"),
    ]
    for name, recall in (("other titles", judged.recall_others), ("premieres", judged.recall_premieres)):
        if recall is not None:
            share = f"{100 * recall.share.value:.1f} % ± {100 * recall.share.half_width:.1f} %"
            rows.append((f"recall@{length} of held-out {name}", share))
    if judged.own_group is not None:
        rows.append(("own group found", percent(judged.own_group)))
    rows.append(("lambda of premieres' scores", f"{judged.score_lambda:g}"))
    rows.append(("rank, explained", f"{judged.factors.rank}, {percent(judged.factors.explained[-1])}"))
    return rows
