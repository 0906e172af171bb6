"""A complete training of lists: prepare, decompose, list, compare with plain lists, and write a snapshot."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from training.artefacts import Step
from training.similar_items.coefficients import premiere_weights
from training.similar_items.decomposition import Factors, decompose
from training.similar_items.list_quality import ListFigures, Recall, describe, group_recall, recall_at
from training.similar_items.neighbours import Lists, Rules, find_candidates, rank_candidates
from training.similar_items.preparation import ListOptions, Prepared, prepare
from training.similar_items.score_weight import choose_score_lambda
from training.similar_items.snapshot import ListsCard, Snapshot, Titles, version_of
from training.similar_items.watching import Catalogue, Integers, Watching


@dataclass(frozen=True, eq=False)
class Judged:
    """Lists with their figures; `own_group` only if the groups are known."""

    factors: Factors
    lists: Lists
    score_lambda: float
    figures: ListFigures
    recall_premieres: Recall | None
    recall_others: Recall | None
    own_group: float | None


@dataclass(frozen=True, eq=False)
class ListsResult:
    """The result of a training: plain lists (before) and those of the options (after)."""

    prepared: Prepared
    before: Judged
    after: Judged
    options: ListOptions
    seed: int


def train_lists(
    catalogue: Catalogue,
    watching: Watching,
    options: ListOptions,
    seed: int,
    step: Step,
    group: Integers | None = None,
) -> ListsResult:
    """Makes lists twice: plain, and with premieres weighed down, filters and cap.

    Args:
        catalogue, watching: what there is.
        options: how lists are made.
        seed: of held-out rows and of the decomposition's start.
        step: surrounds each step.
        group: the true group of each title of `catalogue`, where it is known.

    Raises:
        InputError: too little is left to make lists of.
    """
    with step("weigh what was watched"):
        prepared = prepare(catalogue, watching, options, seed)
    groups = None if group is None else group[prepared.kept]
    with step("decompose and list, premieres as they are"):
        before = _plain(prepared, options, seed, groups)
    with step("decompose and list, premieres weighed down"):
        after = _weighed(prepared, options, seed, groups, before.figures.premiere_share / 2)
    return ListsResult(prepared, before, after, options, seed)


def _plain(prepared: Prepared, options: ListOptions, seed: int, group: Integers | None) -> Judged:
    rules = Rules(length=options.rules.length)
    factors = decompose(prepared.plain, options.explained, options.most_rank, seed)
    found = find_candidates(factors.items, prepared.catalogue, prepared.premiere, rules)
    return _judge(prepared, factors, found, 0.0, rules, group)


def _weighed(
    prepared: Prepared, options: ListOptions, seed: int, group: Integers | None, most_share: float
) -> Judged:
    weighted = prepared.weighted(options.premiere_lambda)
    factors = decompose(weighted, options.explained, options.most_rank, seed)
    found = find_candidates(factors.items, prepared.catalogue, prepared.premiere, options.rules)
    score_lambda = options.score_lambda
    if score_lambda is None:
        score_lambda = choose_score_lambda(found, prepared.premiere, options.rules, most_share)
    return _judge(prepared, factors, found, score_lambda, options.rules, group)


def _judge(
    prepared: Prepared,
    factors: Factors,
    candidates: Lists,
    score_lambda: float,
    rules: Rules,
    group: Integers | None,
) -> Judged:
    lists = rank_candidates(candidates, premiere_weights(prepared.premiere, score_lambda), rules)
    premieres, others = (
        recall_at(rules.length, lists, prepared.plain, prepared.held_out.of_kind(premiere=kind))
        for kind in (True, False)
    )
    return Judged(
        factors=factors,
        lists=lists,
        score_lambda=score_lambda,
        figures=describe(lists, prepared.premiere, prepared.watchers),
        recall_premieres=premieres,
        recall_others=others,
        own_group=None if group is None else group_recall(lists, group),
    )


def take_snapshot(result: ListsResult, created: datetime) -> Snapshot:
    """The lists of the options, with a version."""
    prepared, after = result.prepared, result.after
    titles = Titles(
        catalogue=prepared.catalogue,
        premiere=prepared.premiere,
        watchers=prepared.watchers,
        vectors=after.factors.items,
        weight=premiere_weights(prepared.premiere, after.score_lambda),
    )
    version = version_of(after.lists, titles, created)
    return Snapshot(version, titles, after.lists, prepared.users, after.factors.users)


def write_card(result: ListsResult, snapshot: Snapshot, created: datetime, source: str) -> ListsCard:
    """The card, without the hash of the lists' file."""
    prepared = result.prepared
    return ListsCard(
        name="similar_items",
        snapshot=snapshot.version,
        sha256="",
        created=created.isoformat(timespec="seconds"),
        items=len(snapshot),
        users=len(prepared.users),
        rows=prepared.rows,
        seed=result.seed,
        options=options_of(result),
        metrics=metrics(result),
        about=f"{result.options.rules.length} neighbours a title by cosine of truncated SVD, premieres weighed down: {source}.",
    )


def options_of(result: ListsResult) -> dict[str, Any]:
    """The options for JSON, with the values that were chosen for those left open."""
    since, score_lambda = result.prepared.premieres_from, result.after.score_lambda
    return replace(result.options, premieres_from=since, score_lambda=score_lambda).to_dict()


def metrics(result: ListsResult) -> dict[str, Any]:
    """Everything that was measured."""
    prepared = result.prepared
    return {
        "premieres": int(prepared.premiere.sum()),
        "left_out": prepared.left_out._asdict(),
        "before": _figures(result.before),
        "after": _figures(result.after),
    }


def _figures(judged: Judged) -> dict[str, Any]:
    factors = judged.factors
    found: dict[str, Any] = {name: round(value, 6) for name, value in judged.figures._asdict().items()}
    found["score_lambda"] = judged.score_lambda
    found |= {"rank": factors.rank, "explained": round(float(factors.explained[-1]), 6)}
    for name, recall in (("premieres", judged.recall_premieres), ("others", judged.recall_others)):
        if recall is not None:
            found[f"recall_{name}"] = recall.share.to_dict() | {"rows": recall.rows}
    if judged.own_group is not None:
        found["own_group_recall"] = round(judged.own_group, 6)
    return found
