"""A catalogue of the simulated cinema for the training, with the groups that lists should find."""

import numpy as np

from liftstream.simulation.cinema.catalogue import GENRES, Films, draw_films
from liftstream.simulation.cinema.views import Views, draw_views
from training.similar_items.watching import Catalogue, Integers, Watching


def generate(items: int, users: int, interactions: int, seed: int) -> tuple[Catalogue, Watching, Integers]:
    """Titles, who watched them, and the true group of each title."""
    rng = np.random.default_rng(seed)
    films = draw_films(rng, items)
    views = draw_views(rng, films, users, interactions)
    return as_catalogue(films), as_watching(views), films.group


def as_catalogue(films: Films) -> Catalogue:
    """Films with ids `f0`, `f1` ..."""
    ids = np.array([f"f{number}" for number in range(len(films))], dtype=object)
    return Catalogue(ids, films.title, films.released, films.genres, GENRES, films.age)


def as_watching(views: Views) -> Watching:
    """Views of viewers with ids `v0`, `v1` ..."""
    users = np.array([f"v{number}" for number in range(views.viewers)], dtype=object)
    return Watching(
        views.film, views.viewer, views.share, views.favourite, views.like, views.dislike, views.time, users
    )
