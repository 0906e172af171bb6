"""Titles that came after the training: their first interactions are projected on the users' vectors (fold-in)."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from training.similar_items.coefficients import base_coefficients, build_matrix, median_shares
from training.similar_items.decomposition import fold_in
from training.similar_items.neighbours import Lists, Rules, allow, nearest, rank_candidates
from training.similar_items.preparation import ListOptions
from training.similar_items.snapshot import Snapshot
from training.similar_items.watching import Catalogue, Places, Watching, join_repeats


class Cold(NamedTuple):
    """New titles with enough support, with lists of the snapshot's titles, and how many had too little support."""

    catalogue: Catalogue
    lists: Lists
    too_few: int


def fold_in_titles(
    snapshot: Snapshot, options: ListOptions, catalogue: Catalogue, watching: Watching
) -> Cold:
    """Lists for the titles of `catalogue` that the snapshot does not have.

    Users whom the training did not know say nothing about a title's place among the others: they are left out. The cap
    on repeated titles is not applied: it is about all lists together.
    """
    one = join_repeats(watching)
    medians = median_shares(one.item, one.share, len(catalogue))
    liking = base_coefficients(one, medians, options.weights)
    user = _known_users(snapshot, one)
    rows = (user >= 0) & (liking > 0)
    known = set(snapshot.titles.catalogue.item.tolist())
    new = np.array([item not in known for item in catalogue.item.tolist()], dtype=np.bool_)
    support = np.bincount(one.item[rows], minlength=len(catalogue))
    kept = np.flatnonzero(new & (support >= options.min_support))
    some = one.take(rows)
    placed = replace(some, user=user[rows], users=snapshot.users)
    matrix = build_matrix(placed, liking[rows], len(catalogue), np.ones(len(catalogue)))
    vectors = fold_in(matrix[kept], snapshot.user_vectors)
    asked = catalogue.take(kept).with_genres(snapshot.titles.catalogue.genre_names)
    allowed = allow(asked, snapshot.titles.catalogue, options.rules, leave_out_itself=False)
    titles, length = snapshot.titles, options.rules.length
    candidates = nearest(vectors, titles.vectors, titles.premiere, allowed, length)
    lists = rank_candidates(candidates, titles.weight, Rules(length))
    return Cold(asked, lists, int(new.sum()) - len(kept))


def _known_users(snapshot: Snapshot, watching: Watching) -> Places:
    """The snapshot's number of each row's user; -1 for an unknown user."""
    place = {user: number for number, user in enumerate(snapshot.users.tolist())}
    number = np.array([place.get(user, -1) for user in watching.users.tolist()], dtype=np.int32)
    return number[watching.user]
