"""A small catalogue that every file here tries things on."""

from functools import cache

import numpy as np

from training.similar_items.generated import generate
from training.similar_items.watching import Catalogue, Integers, Watching

SEED = 3


@cache
def small_cinema() -> tuple[Catalogue, Watching, Integers]:
    return generate(600, 3_000, 60_000, SEED)


def catalogue_of(
    titles: int, genres: list[list[int]] | None = None, age: list[int] | None = None
) -> Catalogue:
    """Titles t0, t1 ... released on one day."""
    return Catalogue(
        item=np.array([f"t{i}" for i in range(titles)], dtype=object),
        title=np.array([f"Title {i}" for i in range(titles)], dtype=object),
        released=np.full(titles, np.datetime64("2020-01-01")),
        genres=np.array(genres or [[1]] * titles, dtype=np.bool_),
        genre_names=tuple(f"g{i}" for i in range(len(genres[0]) if genres else 1)),
        age=np.array(age or [0] * titles, dtype=np.int64),
    )


def watching_of(rows: list[tuple[int, int, float, int, int, int]], users: int) -> Watching:
    """Rows of item, user, share, favourite, like, dislike; a second apart."""
    item, user, share, favourite, like, dislike = (np.array(column) for column in zip(*rows, strict=True))
    time = np.datetime64("2026-01-01T00:00:00", "s") + np.arange(len(rows)).astype("timedelta64[s]")
    return Watching(
        item.astype(np.int32),
        user.astype(np.int32),
        share.astype(np.float32),
        favourite.astype(np.bool_),
        like.astype(np.bool_),
        dislike.astype(np.bool_),
        time,
        np.array([f"u{i}" for i in range(users)], dtype=object),
    )
