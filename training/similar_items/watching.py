"""The input of the lists: the titles of a catalogue, and who watched how much of which title."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Places = NDArray[np.int32]
Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The titles; place i of every array is title i.

    Attributes:
        item: the shop's own id, distinct.
        title: what people read; may repeat.
        released: datetime64[D].
        genres: shape (items, genre names).
        genre_names: in the order of the columns of `genres`.
        age: the youngest age that may watch it, in years; 0 where nothing is said.
    """

    item: Texts
    title: Texts
    released: Dates
    genres: Bits
    genre_names: tuple[str, ...]
    age: Integers

    def __len__(self) -> int:
        return len(self.item)

    def take(self, places: Integers) -> "Catalogue":
        """Some of these titles."""
        return Catalogue(
            self.item[places],
            self.title[places],
            self.released[places],
            self.genres[places],
            self.genre_names,
            self.age[places],
        )

    def with_genres(self, names: tuple[str, ...]) -> "Catalogue":
        """The same titles with the columns of genres of another catalogue; genres that it does not have are dropped."""
        genres = np.zeros((len(self), len(names)), dtype=np.bool_)
        for column, name in enumerate(names):
            if name in self.genre_names:
                genres[:, column] = self.genres[:, self.genre_names.index(name)]
        return replace(self, genres=genres, genre_names=names)


@dataclass(frozen=True, eq=False)
class Watching:
    """One row for each user and title; place i of every array is row i.

    Attributes:
        item, user: int32, places in the catalogue and in `users`.
        share: how much of the title was watched, float32 in [0, 1].
        favourite, like, dislike: what the user said of it.
        time: datetime64[s]; NaT where the files do not say.
        users: the shop's own ids.
    """

    item: Places
    user: Places
    share: NDArray[np.float32]
    favourite: Bits
    like: Bits
    dislike: Bits
    time: Dates
    users: Texts

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: NDArray[np.generic]) -> "Watching":
        """Some of these rows (places or a mask), with the same numbers for users and titles."""
        return Watching(
            self.item[rows],
            self.user[rows],
            self.share[rows],
            self.favourite[rows],
            self.like[rows],
            self.dislike[rows],
            self.time[rows],
            self.users,
        )


def join_repeats(watching: Watching) -> Watching:
    """One row per user and title: the largest share, every rating that was given, the newest time; ordered by title,
    then user."""
    key = watching.item.astype(np.int64) * len(watching.users) + watching.user
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(key) else np.empty(0, np.int64)
    one = watching.take(order)
    if len(first) == len(order):
        return one
    return Watching(
        one.item[first],
        one.user[first],
        np.maximum.reduceat(one.share, first),
        np.logical_or.reduceat(one.favourite, first),
        np.logical_or.reduceat(one.like, first),
        np.logical_or.reduceat(one.dislike, first),
        np.fmax.reduceat(one.time, first),
        one.users,
    )
