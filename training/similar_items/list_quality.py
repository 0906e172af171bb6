"""The quality of lists of neighbours: premieres in them, coverage, popularity, and recall."""

from typing import Any, Final, NamedTuple

import numpy as np

from liftstream.evaluation.classification import Estimate, estimate_share
from training.similar_items.neighbours import Lists
from training.similar_items.score_weight import premiere_share
from training.similar_items.watching import Bits, Integers, Watching

MOST_HELD_OUT: Final = 10_000
"""Most users of whom titles are held out: the interval of a recall is then within 0.01."""
FEWEST_LIKED: Final = 4
ROWS_AT_ONCE: Final = 2_000


class ListFigures(NamedTuple):
    """Figures of one set of lists.

    Attributes:
        premiere_share: of all places, those that premieres hold.
        coverage: titles that stand in at least one list, as a share of those that may.
        mean_popularity: users who watched the neighbour, mean over places.
        mean_length: neighbours a list.
        most_lists: in how many lists the most repeated title stands.
    """

    premiere_share: float
    coverage: float
    mean_popularity: float
    mean_length: float
    most_lists: int


def describe(lists: Lists, premiere: Bits, watchers: Integers) -> ListFigures:
    """Figures of `lists`.

    Args:
        lists: of all titles.
        premiere: by title.
        watchers: users who watched it, by title.
    """
    named = lists.neighbour[lists.filled]
    times = np.bincount(named, minlength=len(lists))
    return ListFigures(
        premiere_share=premiere_share(lists, premiere),
        coverage=float((times > 0).mean()),
        mean_popularity=float(watchers[named].mean()) if len(named) else 0.0,
        mean_length=len(named) / max(len(lists), 1),
        most_lists=int(times.max(initial=0)),
    )


def group_recall(lists: Lists, group: Integers) -> float:
    """The share of the titles of its own group, as many as a list has room for, that the list names; mean over titles.

    Only where the groups are known: in a generated catalogue.
    """
    filled = lists.filled
    hits = (group[np.where(filled, lists.neighbour, 0)] == group[:, None]) & filled
    room = np.minimum(np.bincount(group)[group] - 1, lists.neighbour.shape[1])
    asked = room > 0
    return float(np.mean(hits.sum(axis=1)[asked] / room[asked]))


class HeldOut(NamedTuple):
    """Later views that lists should predict, one row each: who, what, and whether it was a premiere."""

    user: Integers
    item: Integers
    premiere: Bits

    def of_kind(self, *, premiere: bool) -> "HeldOut":
        """Only premieres, or only other titles."""
        rows = self.premiere == premiere
        return HeldOut(self.user[rows], self.item[rows], self.premiere[rows])


def hold_out(watching: Watching, liked: Bits, premiere: Bits, seed: int) -> tuple[HeldOut, Bits]:
    """The newest liked premiere and the newest other liked title of up to 10,000 users, at most of a tenth of them.

    A user is asked only who liked at least four titles. Without times the rows are drawn at random.

    Args:
        watching: one row a user and title.
        liked: rows with a positive coefficient.
        premiere: by title.
        seed: chooses the users.

    Returns:
        What was held out, and a mask of the rows that are left to learn from.
    """
    rng = np.random.default_rng(seed)
    users = len(watching.users)
    able = np.flatnonzero(np.bincount(watching.user[liked], minlength=users) >= FEWEST_LIKED)
    asked = np.zeros(users, dtype=np.bool_)
    asked[rng.choice(able, size=min(MOST_HELD_OUT, len(able), max(users // 10, 1)), replace=False)] = True
    rows = np.flatnonzero(liked & asked[watching.user])
    kind = watching.user[rows] * np.int64(2) + premiere[watching.item[rows]]
    order = np.lexsort((rng.random(len(rows)), watching.time[rows].astype(np.int64), kind))
    rows, kind = rows[order], kind[order]
    last = rows[np.flatnonzero(np.r_[kind[1:] != kind[:-1], True])] if len(rows) else rows
    left = np.ones(len(watching), dtype=np.bool_)
    left[last] = False
    item = watching.item[last].astype(np.int64)
    return HeldOut(watching.user[last].astype(np.int64), item, premiere[item]), left


class Recall(NamedTuple):
    """The share of held-out rows whose title was among the first k, with Wilson's interval, and the number of rows."""

    share: Estimate
    rows: int


def recall_at(k: int, lists: Lists, matrix: Any, held_out: HeldOut) -> Recall | None:
    """How often the k titles that the lists predict for a user hold the held-out one; None if nothing is held out.

    A user's titles vote for their neighbours with coefficient x score; what the user likes already is left out. Equal
    votes stand in the order of places.

    Args:
        k: number of titles that are predicted.
        lists: of all titles of the matrix.
        matrix: items x users of coefficients, held-out rows left out.
        held_out: places of users and titles in the matrix.
    """
    rows = len(held_out.user)
    if not rows:
        return None
    votes, histories = as_matrix(lists), matrix.T.tocsr()
    hits = sum(_hits(k, histories[held_out.user[part]], votes, held_out.item[part]) for part in _parts(rows))
    return Recall(estimate_share(hits, rows), rows)


def as_matrix(lists: Lists) -> Any:
    """Scores as scipy CSR, titles x neighbours."""
    from scipy import sparse

    row, column = np.nonzero(lists.filled)
    return sparse.csr_array(
        (lists.score[row, column], (row, lists.neighbour[row, column])), shape=(len(lists), len(lists))
    )


def _parts(rows: int) -> list[slice]:
    return [slice(start, start + ROWS_AT_ONCE) for start in range(0, rows, ROWS_AT_ONCE)]


def _hits(k: int, histories: Any, votes: Any, wanted: Integers) -> int:
    predicted = (histories @ votes).toarray()
    seen = histories.tocoo()
    predicted[seen.row, seen.col] = 0.0
    mine = predicted[np.arange(len(wanted)), wanted]
    before = np.arange(predicted.shape[1]) < wanted[:, None]
    better = ((predicted > mine[:, None]) | ((predicted == mine[:, None]) & before)).sum(axis=1)
    return int(((mine > 0) & (better < k)).sum())
