"""Who watched which film, how far, and what they said of it: taste decides, except at premieres."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.cinema.catalogue import TODAY, Films, Floats, Integers

GROUPS_A_VIEWER: Final = 4
TASTE: Final = (0.4, 0.3, 0.2, 0.1)
"""How a viewer's evenings are shared between the groups that they like."""
TASTE_WIDTH: Final = 3.0
"""How far groups are apart that the same viewer likes, standard deviation in groups."""
PREMIERE_HABIT: Final = (8.0, 12.0)
"""Beta distribution of the share of a viewer's views that are premieres: everybody watches them."""
ADVERTISED: Final = 0.3
"""Share of those that are whatever is advertised; the others are premieres of a group that the viewer likes."""
WANDERING: Final = 0.6
"""Share of the other views that follow no taste."""
DAY_S: Final = 86_400
YEAR_DAYS: Final = 365
LIKED_SHARE, OTHER_SHARE = (5.0, 1.5), (2.0, 2.5)
"""Beta distributions of the watched share, for films of a liked group and for others."""


@dataclass(frozen=True, eq=False)
class Views:
    """Views of films; place i of every array is view i, and a viewer may see a film again.

    Attributes:
        film, viewer: int32, places.
        share: how much of the film was watched, float32 in [0, 1].
        favourite, like, dislike: what the viewer said.
        time: datetime64[s].
        viewers: how many there are.
        liked: whether the film is of a group that the viewer likes: the truth.
    """

    film: NDArray[np.int32]
    viewer: NDArray[np.int32]
    share: NDArray[np.float32]
    favourite: NDArray[np.bool_]
    like: NDArray[np.bool_]
    dislike: NDArray[np.bool_]
    time: NDArray[np.datetime64]
    viewers: int
    liked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.film)


def draw_views(rng: np.random.Generator, films: Films, viewers: int, count: int) -> Views:
    """`count` views by `viewers` people, some far more active than others."""
    activity = rng.lognormal(0.0, 0.8, viewers)
    viewer = np.sort(_draw(rng, np.cumsum(activity), count)).astype(np.int32)
    tastes = _draw_tastes(rng, films.groups, viewers)
    film = _choose_films(rng, films, tastes, viewer)
    liked = (tastes[viewer] == films.group[film][:, None]).any(axis=1)
    share = np.where(liked, rng.beta(*LIKED_SHARE, count), rng.beta(*OTHER_SHARE, count))
    said = rng.random(count)
    return Views(
        film=film,
        viewer=viewer,
        share=share.astype(np.float32),
        favourite=liked & (said < 0.1),
        like=liked & (said > 0.1) & (said < 0.3),
        dislike=~liked & (said < 0.15),
        time=_times(rng, films, film),
        viewers=viewers,
        liked=liked,
    )


def _draw_tastes(rng: np.random.Generator, groups: int, viewers: int) -> Integers:
    """The groups that each viewer likes, the best liked first: groups stand in a circle, and taste has a width."""
    middle = rng.integers(0, groups, (viewers, 1))
    away = np.rint(rng.normal(0.0, TASTE_WIDTH, (viewers, GROUPS_A_VIEWER))).astype(np.int64)
    away[:, 0] = 0
    return np.asarray((middle + away) % groups)


def _choose_films(
    rng: np.random.Generator, films: Films, tastes: Integers, viewer: NDArray[np.int32]
) -> NDArray[np.int32]:
    habit = rng.beta(*PREMIERE_HABIT, len(tastes)) * films.premiere.any()
    premiere = rng.random(len(viewer)) < habit[viewer]
    anything = rng.random(len(viewer)) < np.where(premiere, ADVERTISED, WANDERING)
    film = np.empty(len(viewer), dtype=np.int32)
    for rows, weight in ((premiere, films.premiere), (~premiere, ~films.premiere)):
        cumulative = np.cumsum(films.popularity * weight)
        free, bound = rows & anything, np.flatnonzero(rows & ~anything)
        film[free] = _draw(rng, cumulative, int(free.sum()))
        film[bound] = _choose_liked(rng, films, tastes[viewer[bound]], cumulative)
    return film


def _choose_liked(rng: np.random.Generator, films: Films, tastes: Integers, cumulative: Floats) -> Integers:
    """A film of one of the groups that each viewer likes; of any group where that one has none."""
    slot = np.searchsorted(np.cumsum(TASTE), rng.random(len(tastes))).clip(max=GROUPS_A_VIEWER - 1)
    group = tastes[np.arange(len(tastes)), slot]
    start, end = _group_bounds(films, cumulative)
    wish = start[group] + rng.random(len(tastes)) * (end - start)[group]
    elsewhere = rng.random(len(tastes)) * cumulative[-1]
    wish = np.where((end > start)[group], wish, elsewhere)
    return _place(cumulative, wish)


def _group_bounds(films: Films, cumulative: Floats) -> tuple[Floats, Floats]:
    """Where the weights of each group begin and end in the running sum: films stand in the order of groups."""
    last = np.searchsorted(films.group, np.arange(films.groups), side="right") - 1
    end = cumulative[last]
    return np.r_[0.0, end[:-1]], end


def _draw(rng: np.random.Generator, cumulative: Floats, count: int) -> Integers:
    return _place(cumulative, rng.random(count) * cumulative[-1])


def _place(cumulative: Floats, wish: Floats) -> Integers:
    """The place whose weight a number within the running sum falls on."""
    found: Integers = np.searchsorted(cumulative, wish, side="right").clip(max=len(cumulative) - 1)
    return found


def _times(rng: np.random.Generator, films: Films, film: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """Times of views: within the last year, and not before the release."""
    age_days = (TODAY - films.released).astype(np.int64)
    span_s = np.minimum(age_days, YEAR_DAYS)[film] * DAY_S
    back_s = (rng.random(len(film)) * span_s).astype(np.int64)
    return np.asarray(TODAY.astype("datetime64[s]") - back_s.astype("timedelta64[s]"))
