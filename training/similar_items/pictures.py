"""Two pictures: the map of titles before and after premieres are weighed down, and what changed in the lists."""

from typing import Any, Final

import numpy as np

from liftstream.experiment.charts.style import COLOURS, INK, MUTED, as_png, chart_of, share_axis
from liftstream.service.pages.formatting import percent
from training.similar_items.neighbours import normalize
from training.similar_items.run import Judged, ListsResult
from training.similar_items.watching import Floats, Integers

MAPPED: Final = 1_000
"""Most titles on the map, those with most watchers: t-SNE of more takes minutes and shows no more."""
PERPLEXITY: Final = 30.0
BEFORE, AFTER = "premieres as they are", "premieres weighed down"


def draw_report(result: ListsResult, source: str) -> dict[str, bytes]:
    """The report's pictures by file name."""
    return {"map.png": draw_map(result, source), "lists.png": draw_figures(result, source)}


def place_on_map(vectors: Floats, seed: int) -> Floats:
    """Titles as points of a plane, similar titles near each other (t-SNE on cosine distance), shape (titles, 2)."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    units, perplexity = normalize(vectors), min(PERPLEXITY, (len(vectors) - 1) / 3)
    flat = (
        units.shape[1] < 2 or not np.ptp(units, axis=0).any()
    )  # vectors of rank 1: a plane has no axes to begin with
    init = "random" if flat else "pca"
    tsne = TSNE(2, perplexity=perplexity, init=init, random_state=seed, max_iter=500)
    # Several threads add up in another order, and wait for each other on a busy machine.
    with threadpool_limits(1):
        return np.asarray(tsne.fit_transform(units), dtype=np.float64)


def draw_map(result: ListsResult, source: str) -> bytes:
    """PNG: the most watched titles, before and after, coloured by premiere."""
    import altair as alt

    prepared = result.prepared
    shown = np.argsort(-prepared.watchers, kind="stable")[:MAPPED]
    rows = [
        row
        for name, judged in ((BEFORE, result.before), (AFTER, result.after))
        for row in _points(result, judged, shown, name)
    ]
    panels = (
        chart_of(rows)
        .mark_circle(opacity=0.75)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            size=alt.Size("watchers:Q", scale=alt.Scale(range=[6, 90]), legend=None),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=["premiere", "other title"], range=[COLOURS[1], COLOURS[0]]),
                legend=alt.Legend(title=None, orient="bottom"),
            ),
            order=alt.Order("kind:N", sort="ascending"),
        )
        .properties(width=360, height=360)
        .facet(
            column=alt.Column(
                "panel:N", title=None, sort=[BEFORE, AFTER], header=alt.Header(labelFontSize=13)
            )
        )
        .resolve_scale(x="independent", y="independent")
    )
    share = [100 * one.figures.premiere_share for one in (result.before, result.after)]
    return as_png(
        panels,
        f"Premieres hold {share[0]:.1f} % of the places in lists before, {share[1]:.1f} % after",
        f"{len(shown):,} most watched titles, like ones near each other (t-SNE); {source}",
    )


def _points(result: ListsResult, judged: Judged, shown: Integers, panel: str) -> list[dict[str, Any]]:
    where = place_on_map(judged.factors.items[shown], result.seed)
    columns = zip(
        where[:, 0].tolist(),
        where[:, 1].tolist(),
        result.prepared.watchers[shown].tolist(),
        result.prepared.premiere[shown].tolist(),
        strict=True,
    )
    return [
        {"panel": panel, "x": x, "y": y, "watchers": watchers, "kind": "premiere" if new else "other title"}
        for x, y, watchers, new in columns
    ]


def draw_figures(result: ListsResult, source: str) -> bytes:
    """PNG: shares before and after, one bar each, with intervals where they were estimated."""
    import altair as alt

    rows = [
        row
        for name, judged in ((BEFORE, result.before), (AFTER, result.after))
        for row in _bars(name, judged, result.options.rules.length)
    ]
    names = list(dict.fromkeys(row["figure"] for row in rows))
    base = chart_of(rows).encode(
        y=alt.Y("panel:N", title=None, sort=[BEFORE, AFTER], axis=None),
        color=alt.Color(
            "panel:N",
            scale=alt.Scale(domain=[BEFORE, AFTER], range=[MUTED, COLOURS[0]]),
            legend=alt.Legend(title=None, orient="bottom"),
        ),
    )
    bars = base.mark_bar(height=14).encode(x=alt.X("value:Q", axis=share_axis(), title=None))
    band = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q", color=alt.value(INK))
    text = base.mark_text(align="left", dx=6).encode(x="high:Q", text="label:N")
    chart = (
        alt.layer(bars, band, text)
        .properties(width=460, height=48)
        .facet(
            row=alt.Row(
                "figure:N", title=None, sort=names, header=alt.Header(labelAngle=0, labelAlign="left")
            )
        )
    )
    return as_png(
        chart,
        "What weighing premieres down does to the lists",
        f"{len(result.prepared.catalogue):,} titles, {source}; lines: 95 % intervals",
    )


def _bars(panel: str, judged: Judged, length: int) -> list[dict[str, Any]]:
    figures = judged.figures
    found: dict[str, tuple[float, ...]] = {
        "places held by premieres": (figures.premiere_share,) * 3,
        "titles that are in a list": (figures.coverage,) * 3,
    }
    if judged.recall_others:
        found[f"recall@{length}, other titles"] = tuple(judged.recall_others.share)
    if judged.recall_premieres:
        found[f"recall@{length}, premieres"] = tuple(judged.recall_premieres.share)
    if judged.own_group is not None:
        found["own group found"] = (judged.own_group,) * 3
    return [
        {"panel": panel, "figure": name, "value": value, "low": low, "high": high, "label": percent(value)}
        for name, (value, low, high) in found.items()
    ]
