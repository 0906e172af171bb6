"""Films in groups of like taste, and premieres that are watched by everybody whatever they like."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.cinema.titles import name_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GENRES: Final = (
    "drama", "comedy", "thriller", "romance", "science fiction", "documentary", "animation", "horror",
    "adventure", "family", "crime", "music",
)  # fmt: skip
AGES: Final = (0, 6, 12, 16, 18)
TODAY: Final = np.datetime64("2026-01-01", "D")
"""The day on which the generated history ends."""
PREMIERE_DAYS: Final = 60
"""Premieres were released in the last days before TODAY, everything else earlier."""
OLDEST_DAYS: Final = 30 * 365
PREMIERE_SHARE: Final = 0.05
FILMS_PER_GROUP: Final = 40
STEEPNESS: Final = 1.0
"""How fast popularity falls from rank to rank within a group."""
HEAD: Final = 5.0


@dataclass(frozen=True, eq=False)
class Films:
    """The films of a simulated cinema; place i of every array is film i.

    Attributes:
        title: distinct names.
        released: datetime64[D].
        genres: bool, shape (films, genres), columns as `GENRES`; the two of its group.
        age: from which it may be watched, in years; the same for a whole group.
        group: films of one group are watched by the same people.
        premiere: released in the last 60 days.
        popularity: weight by which films of a group, and premieres among each other, are chosen.
    """

    title: NDArray[np.object_]
    released: NDArray[np.datetime64]
    genres: NDArray[np.bool_]
    age: Integers
    group: Integers
    premiere: NDArray[np.bool_]
    popularity: Floats

    def __len__(self) -> int:
        return len(self.title)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.group.max()) + 1


def draw_films(rng: np.random.Generator, count: int) -> Films:
    """`count` films in groups of about 40, one in twenty a premiere of its group."""
    groups = max(count // FILMS_PER_GROUP, 2)
    group = np.sort(rng.permutation(count) % groups)
    place = np.arange(count) - np.searchsorted(group, group)
    premiere = rng.random(count) < PREMIERE_SHARE
    days = np.where(
        premiere, rng.integers(1, PREMIERE_DAYS, count), rng.integers(PREMIERE_DAYS + 1, OLDEST_DAYS, count)
    )
    genres = np.zeros((count, len(GENRES)), dtype=np.bool_)
    main, second = group % len(GENRES), (group // len(GENRES) + group * 5 + 1) % len(GENRES)
    genres[np.arange(count), main] = genres[np.arange(count), second] = True
    return Films(
        title=np.array([name_of(number) for number in range(count)], dtype=object),
        released=TODAY - days.astype("timedelta64[D]"),
        genres=genres,
        age=np.array(AGES, dtype=np.int64)[rng.integers(0, len(AGES), groups)][group],
        group=group.astype(np.int64),
        premiere=premiere,
        popularity=np.asarray((HEAD + place) ** -STEEPNESS, dtype=np.float64),
    )
