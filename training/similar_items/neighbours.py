"""Lists of neighbours by cosine: sorted, filtered, with premieres weighed a second time and a cap on repeated
titles."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from training.similar_items.watching import Bits, Catalogue, Floats, Integers

ROWS_AT_ONCE: Final = 512
CANDIDATES_PER_PLACE: Final = 8
"""Candidates kept for each place of a list, since a cap may refuse some."""
NOBODY: Final = -1

Allowed = Callable[[slice], Bits]
"""Gives the titles that may be in the lists of some rows: shape (rows, titles)."""


@dataclass(frozen=True)
class Rules:
    """Which titles may be in which lists.

    Attributes:
        length: of a list.
        same_genre: neighbours share a genre with the title.
        same_age: neighbours may be watched by everybody who may watch the title.
        most_lists: in how many lists one title may stand; None for no cap.
    """

    length: int = 10
    same_genre: bool = False
    same_age: bool = False
    most_lists: int | None = None


@dataclass(frozen=True, eq=False)
class Lists:
    """Neighbours by descending score; a shorter list is filled with NOBODY, with score and cosine 0.

    Attributes:
        neighbour: int64, shape (titles, length).
        score, cosine: shape (titles, length); score = cosine x weight of the neighbour.
    """

    neighbour: Integers
    score: Floats
    cosine: Floats

    def __len__(self) -> int:
        return len(self.neighbour)

    @classmethod
    def of_rows(
        cls, titles: int, item: Integers, place: Integers, neighbour: Integers, score: Floats, cosine: Floats
    ) -> "Lists":
        """Lists from rows of item and place (0 is the best), in any order."""
        shape = (titles, int(place.max(initial=-1)) + 1)
        empty = cls(np.full(shape, NOBODY, dtype=np.int64), np.zeros(shape), np.zeros(shape))
        for whole, part in ((empty.neighbour, neighbour), (empty.score, score), (empty.cosine, cosine)):
            whole[item, place] = part
        return empty

    @property
    def filled(self) -> Bits:
        """Whether each place holds a neighbour."""
        return np.asarray(self.neighbour != NOBODY)

    def in_order(self, places: Integers) -> "Lists":
        """The places of each list in another order, or some of them: shape (titles, places)."""
        return Lists(
            np.take_along_axis(self.neighbour, places, axis=1),
            np.take_along_axis(self.score, places, axis=1),
            np.take_along_axis(self.cosine, places, axis=1),
        )


def find_candidates(vectors: Floats, catalogue: Catalogue, premiere: Bits, rules: Rules) -> Lists:
    """The best premieres and the best other titles of every title, itself left out, by cosine.

    Whatever premieres weigh, the lists of `rank_candidates` are the same as if all titles had been compared.

    Args:
        vectors: shape (titles, k), in the order of `catalogue`.
        premiere: by title.
        rules: filters, length and cap.
    """
    wanted = rules.length * (1 if rules.most_lists is None else CANDIDATES_PER_PLACE)
    allowed = allow(catalogue, catalogue, rules, leave_out_itself=True)
    return nearest(vectors, vectors, premiere, allowed, wanted)


def rank_candidates(candidates: Lists, weight: Floats, rules: Rules) -> Lists:
    """Lists by descending cosine x weight of the neighbour, with the cap if there is one.

    Equal scores stand in the order of places.
    """
    filled = candidates.filled
    place = np.where(filled, candidates.neighbour, 0)
    score = np.where(filled, candidates.cosine * weight[place], 0.0)
    order = np.lexsort((candidates.neighbour, -score), axis=1)
    scored = replace(candidates, score=score)
    if rules.most_lists is None:
        return scored.in_order(order[:, : rules.length])
    return cap_repeats(scored.in_order(order), rules.length, rules.most_lists)


def allow(asked: Catalogue, catalogue: Catalogue, rules: Rules, *, leave_out_itself: bool) -> Allowed:
    """The filters: which titles of `catalogue` may be in the lists of some rows of `asked`."""
    genres = catalogue.genres.astype(np.float32)

    def allowed(rows: slice) -> Bits:
        mask = np.ones((len(asked.item[rows]), len(catalogue)), dtype=np.bool_)
        if rules.same_genre:
            mask &= asked.genres[rows].astype(np.float32) @ genres.T > 0
        if rules.same_age:
            mask &= catalogue.age <= asked.age[rows, None]
        if leave_out_itself:
            mask[np.arange(len(mask)), np.arange(len(asked))[rows]] = False
        return mask

    return allowed


def nearest(asked: Floats, vectors: Floats, premiere: Bits, allowed: Allowed, length: int) -> Lists:
    """The `length` best premieres and the `length` best others among `vectors` for each row of `asked`.

    Only positive cosines count: a title that is unlike is nobody's neighbour.
    """
    asked_units, units = normalize(asked), normalize(vectors)
    kinds = [np.flatnonzero(premiere == kind) for kind in (True, False)]
    parts = []
    for start in range(0, max(len(asked), 1), ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, len(asked)))
        cosine = asked_units[rows] @ units.T
        cosine[~allowed(rows)] = 0.0
        best = [_best(cosine[:, kind], kind, length) for kind in kinds if len(kind)]
        parts.append([np.concatenate(column, axis=1) for column in zip(*best, strict=True)])
    neighbour, cosine = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Lists(neighbour, cosine, cosine)


def normalize(vectors: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    units: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return units


def _best(cosine: Floats, kind: Integers, length: int) -> tuple[Integers, Floats]:
    """The titles of one kind with the largest cosines, in any order."""
    length = min(length, len(kind))
    chosen = np.argpartition(cosine, len(kind) - length, axis=1)[:, -length:]
    best = np.take_along_axis(cosine, chosen, axis=1)
    empty = best <= 0
    return np.where(empty, NOBODY, kind[chosen]), np.where(empty, 0.0, best)


def cap_repeats(candidates: Lists, length: int, most_lists: int) -> Lists:
    """Lists of `length` in which no title is more than `most_lists` times, from longer lists of candidates.

    Lists ask in the order of their candidates, a title keeps the `most_lists` that ask with the highest scores, and
    who is turned away asks the next one (deferred acceptance, Gale and Shapley 1962). So no list could have a better
    neighbour without taking it from a list in which it scores higher.
    """
    alive = candidates.filled
    while True:
        asking = alive & (np.cumsum(alive, axis=1) <= length)
        row, column = np.nonzero(asking)
        over = (
            _places_in_group(candidates.neighbour[row, column], candidates.score[row, column]) >= most_lists
        )
        if not over.any():
            return _first(candidates, asking, length)
        alive[row[over], column[over]] = False


def _places_in_group(group: Integers, score: Floats) -> Integers:
    """0 for the highest score of its group, 1 for the next, ..."""
    order = np.lexsort((-score, group))
    ordered = group[order]
    start = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    size = np.diff(np.r_[start, len(ordered)])
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(ordered)) - np.repeat(start, size)
    return place


def _first(candidates: Lists, kept: Bits, length: int) -> Lists:
    """The kept candidates moved to the front, `length` of them."""
    order = np.argsort(~kept, axis=1, kind="stable")[:, :length]
    there = np.take_along_axis(kept, order, axis=1)
    found = candidates.in_order(order)
    return Lists(
        np.where(there, found.neighbour, NOBODY),
        np.where(there, found.score, 0.0),
        np.where(there, found.cosine, 0.0),
    )
