"""The simulated cinema: premieres are watched by everybody, everything else by those who like its group."""

import numpy as np
import pytest

from liftstream.simulation.cinema.catalogue import GENRES, PREMIERE_DAYS, TODAY, Films, draw_films
from liftstream.simulation.cinema.titles import name_of
from liftstream.simulation.cinema.views import Views, draw_views


@pytest.fixture(scope="module")
def films() -> Films:
    return draw_films(np.random.default_rng(4), 800)


@pytest.fixture(scope="module")
def views(films: Films) -> Views:
    return draw_views(np.random.default_rng(5), films, 5_000, 200_000)


def test_names_are_distinct_also_when_they_come_again() -> None:
    assert len({name_of(number) for number in range(25_000)}) == 25_000


def test_a_group_shares_genres_and_age(films: Films) -> None:
    for group in range(films.groups):
        of_group = films.group == group
        assert len(np.unique(films.genres[of_group], axis=0)) == 1
        assert len(np.unique(films.age[of_group])) == 1
    assert films.genres.shape == (800, len(GENRES))
    assert 1 <= films.genres.sum(axis=1).min() <= films.genres.sum(axis=1).max() == 2


def test_premieres_are_those_released_in_the_last_days(films: Films) -> None:
    recent = films.released >= TODAY - np.timedelta64(PREMIERE_DAYS, "D")
    assert np.array_equal(recent, films.premiere)
    assert 0.03 < films.premiere.mean() < 0.07


def test_a_twentieth_of_the_films_has_two_fifths_of_the_views(films: Films, views: Views) -> None:
    assert 0.38 < films.premiere[views.film].mean() < 0.42


def test_liked_films_are_watched_to_the_end_and_nobody_watches_before_the_release(
    films: Films, views: Views
) -> None:
    assert views.share[views.liked].mean() > views.share[~views.liked].mean() + 0.2
    assert not (views.favourite & ~views.liked).any()
    assert not (views.dislike & views.liked).any()
    assert (views.time > films.released[views.film].astype("datetime64[s]")).all()
    assert views.time.max() <= TODAY.astype("datetime64[s]")


def test_viewers_return_to_the_groups_that_they_like(films: Films, views: Views) -> None:
    """Two views of one viewer are of one group far more often than two views of anybody."""
    group, viewer = films.group[views.film], views.viewer
    same_viewer = viewer[1:] == viewer[:-1]
    together = (group[1:] == group[:-1])[same_viewer].mean()
    assert together > 2 * np.sum(np.bincount(group) ** 2.0) / len(group) ** 2


def test_the_same_seed_gives_the_same_views(films: Films, views: Views) -> None:
    again = draw_views(np.random.default_rng(5), films, 5_000, 200_000)
    for name in ("film", "viewer", "share", "time", "like"):
        assert np.array_equal(getattr(again, name), getattr(views, name)), name
