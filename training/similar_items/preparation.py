"""Turns views into a matrix: one coefficient per user and title; titles without support are left out and counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np

from liftstream.contracts.errors import InputError
from training.similar_items.coefficients import (
    PREMIERE_LAMBDA,
    Weights,
    base_coefficients,
    build_matrix,
    median_shares,
    premiere_weights,
    premieres,
)
from training.similar_items.list_quality import HeldOut, hold_out
from training.similar_items.neighbours import Rules
from training.similar_items.watching import Bits, Catalogue, Floats, Integers, Watching, join_repeats

PREMIERE_DAYS: Final = 60
EXPLAINED: Final = 0.5
MOST_RANK: Final = 32
MIN_SUPPORT: Final = 5
FEWEST_TITLES: Final = 3


@dataclass(frozen=True)
class ListOptions:
    """How lists are made.

    Attributes:
        weights: of the signs of liking.
        premieres_from: titles released on this day or later are premieres; None: 60 days before the newest view.
        premiere_lambda: coefficients of premieres are multiplied by exp(-lambda).
        score_lambda: so are the scores of premieres in lists; None: as little as lets them hold half of the places that
            they hold in plain lists.
        explained: share of the matrix's squares that the rank must explain.
        most_rank: the largest rank.
        min_support: users who liked a title, at least; others have no list and stand in none.
        rules: length, filters and cap of the lists.
    """

    weights: Weights = field(default_factory=Weights)
    premieres_from: np.datetime64 | None = None
    premiere_lambda: float = PREMIERE_LAMBDA
    score_lambda: float | None = None
    explained: float = EXPLAINED
    most_rank: int = MOST_RANK
    min_support: int = MIN_SUPPORT
    rules: Rules = field(default_factory=Rules)

    def to_dict(self) -> dict[str, Any]:
        """The options for JSON."""
        first = None if self.premieres_from is None else str(self.premieres_from)
        return asdict(self) | {"weights": self.weights._asdict(), "premieres_from": first}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "ListOptions":
        """The options of a document from `to_dict`."""
        first = document["premieres_from"]
        parts = {
            "weights": Weights(**document["weights"]),
            "premieres_from": None if first is None else np.datetime64(first, "D"),
            "rules": Rules(**document["rules"]),
        }
        return cls(**{**document, **parts})


class LeftOut(NamedTuple):
    """The numbers of users and titles that are left out."""

    titles_without_views: int
    titles_below_support: int
    users_without_liking: int
    repeated_rows: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """The input of the decomposition; titles in the order of `catalogue`.

    Attributes:
        catalogue: titles with enough support.
        kept: their places in the catalogue that was given.
        premiere: by title.
        premieres_from: the first day of premieres.
        watchers: users who met the title.
        plain: sparse matrix titles x users of coefficients, held-out rows left out.
        medians: watched share, by title.
        users: ids, in the order of the columns of `plain`.
        held_out: what lists should predict.
        rows: of one user and title, those held out included.
        left_out: counts.
    """

    catalogue: Catalogue
    kept: Integers
    premiere: Bits
    premieres_from: np.datetime64
    watchers: Integers
    plain: Any
    medians: Floats
    users: Any
    held_out: HeldOut
    rows: int
    left_out: LeftOut

    def weighted(self, premiere_lambda: float) -> Any:
        """The matrix with the rows of premieres weighed down."""
        from scipy import sparse

        return sparse.diags_array(premiere_weights(self.premiere, premiere_lambda)) @ self.plain


def prepare(catalogue: Catalogue, watching: Watching, options: ListOptions, seed: int) -> Prepared:
    """Coefficients, support, premieres, and what is held out.

    Raises:
        InputError: nothing is left to make lists of.
    """
    one = join_repeats(watching)
    medians = median_shares(one.item, one.share, len(catalogue))
    liking = base_coefficients(one, medians, options.weights)
    support = np.bincount(one.item[liking > 0], minlength=len(catalogue))
    watchers = np.bincount(one.item, minlength=len(catalogue))
    kept = np.flatnonzero(support >= options.min_support)
    if len(kept) < FEWEST_TITLES:
        raise InputError(
            f"{len(kept)} titles were liked by {options.min_support} users or more, of {len(catalogue):,};"
            f" lists need at least {FEWEST_TITLES}: bring more interactions or lower --min-support"
        )
    since = options.premieres_from or _default_threshold(catalogue, watching)
    used, liking, users = _only(one, liking, kept, len(catalogue))
    chosen = catalogue.take(kept)
    premiere = premieres(chosen.released, since)
    held_out, left = hold_out(used, liking > 0, premiere, seed)
    return Prepared(
        catalogue=chosen,
        kept=kept,
        premiere=premiere,
        premieres_from=since,
        watchers=watchers[kept],
        plain=build_matrix(used.take(left), liking[left], len(kept), np.ones(len(kept))),
        medians=medians[kept],
        users=used.users,
        held_out=held_out,
        rows=len(used),
        left_out=LeftOut(
            titles_without_views=int((watchers == 0).sum()),
            titles_below_support=int(((watchers > 0) & (support < options.min_support)).sum()),
            users_without_liking=users,
            repeated_rows=len(watching) - len(one),
        ),
    )


def _only(watching: Watching, liking: Floats, kept: Integers, titles: int) -> tuple[Watching, Floats, int]:
    """Rows of kept titles and of users who liked one of them, both renumbered; and how many users are left out."""
    place = np.full(titles, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    rows = place[watching.item] >= 0
    likes = np.zeros(len(watching.users), dtype=np.bool_)
    likes[watching.user[rows & (liking > 0)]] = True
    rows &= likes[watching.user]
    number = (np.cumsum(likes) - 1).astype(np.int32)
    some = watching.take(rows)
    renumbered = replace(some, item=place[some.item], user=number[some.user], users=watching.users[likes])
    return renumbered, liking[rows], int((~likes).sum())


def _default_threshold(catalogue: Catalogue, watching: Watching) -> np.datetime64:
    times = watching.time[~np.isnat(watching.time)]
    newest = times.max() if len(times) else catalogue.released.max()
    first: np.datetime64 = (np.array([newest], dtype="datetime64[D]") - PREMIERE_DAYS)[0]
    return first
