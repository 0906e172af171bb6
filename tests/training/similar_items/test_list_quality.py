"""What lists are worth, on lists small enough to count by hand."""

import numpy as np
import pytest
from scipy import sparse

from tests.training.similar_items.small_cinema import small_cinema, watching_of
from training.similar_items.list_quality import HeldOut, describe, group_recall, hold_out, recall_at
from training.similar_items.neighbours import NOBODY, Lists

LISTS = Lists(
    np.array([[1, 2], [0, 2], [1, NOBODY], [2, 1]]),
    np.array([[0.9, 0.5], [0.9, 0.8], [0.8, 0.0], [0.4, 0.3]]),
    np.ones((4, 2)),
)


def test_figures_count_places_titles_and_watchers() -> None:
    found = describe(LISTS, np.array([False, False, True, False]), np.array([10, 20, 60, 5]))
    assert found.premiere_share == pytest.approx(3 / 7)
    assert found.coverage == 3 / 4
    assert found.mean_popularity == pytest.approx((10 + 3 * 20 + 3 * 60) / 7)
    assert found.mean_length == 7 / 4
    assert found.most_lists == 3


def test_group_recall_asks_for_as_many_as_the_list_has_room_for() -> None:
    assert group_recall(LISTS, np.array([0, 0, 0, 1])) == pytest.approx((2 / 2 + 2 / 2 + 1 / 2) / 3)


def test_a_held_out_title_is_found_when_the_lists_of_what_was_watched_name_it() -> None:
    histories = sparse.csr_array(np.array([[1.0, 0, 0], [0, 0, 1], [0, 2, 0], [0, 0, 0]]))  # titles x users
    asked = HeldOut(np.array([0, 1, 2]), np.array([1, 3, 0]), np.zeros(3, dtype=bool))
    found = recall_at(1, LISTS, histories, asked)
    assert found is not None
    assert found.share.value == pytest.approx(2 / 3)  # the second user's lists do not name title 3
    assert found.rows == 3
    assert recall_at(1, LISTS, histories, HeldOut(*(one[:0] for one in asked))) is None


def test_lists_that_say_nothing_foretell_no_more_than_chance() -> None:
    rng = np.random.default_rng(1)
    titles, users, length, liked = 300, 1_500, 10, 8
    neighbours = np.stack([rng.choice(titles, length, replace=False) for _ in range(titles)])
    equal = Lists(neighbours, np.ones(neighbours.shape), np.ones(neighbours.shape))  # many votes are equal
    watched = np.stack([rng.choice(titles, liked + 1, replace=False) for _ in range(users)])
    places = (watched[:, 1:].ravel(), np.repeat(np.arange(users), liked))
    histories = sparse.csr_array((np.ones(users * liked), places), shape=(titles, users))
    asked = HeldOut(np.arange(users), watched[:, 0], np.zeros(users, dtype=bool))
    found = recall_at(length, equal, histories, asked)
    assert found is not None
    assert found.share.low < length / (titles - liked) < found.share.high


def test_what_was_watched_already_is_not_foretold() -> None:
    histories = sparse.csr_array(np.array([[3.0], [1.0], [0], [0]]))
    asked = HeldOut(np.array([0]), np.array([2]), np.zeros(1, dtype=bool))
    found = recall_at(1, LISTS, histories, asked)
    assert found is not None
    assert found.share.value == 1.0


def test_the_newest_of_each_kind_is_held_out_and_nobody_loses_much() -> None:
    catalogue, watching, _ = small_cinema()
    premiere = catalogue.released >= catalogue.released.max() - np.timedelta64(50, "D")
    liked = watching.share > 0.5
    held_out, left = hold_out(watching, liked, premiere, 1)
    users, counts = np.unique(held_out.user, return_counts=True)
    assert 0 < len(users) <= len(watching.users) // 10
    assert counts.max() <= 2
    assert (~left).sum() == len(held_out.user)
    assert np.array_equal(premiere[held_out.item], held_out.premiere)
    for user, item, new in zip(*held_out, strict=True):
        same = (watching.user == user) & liked & (premiere[watching.item] == new)
        assert watching.time[same].max() == watching.time[same & (watching.item == item) & ~left].max()


def test_without_times_something_is_held_out_all_the_same() -> None:
    watching = watching_of([(i, u, 0.9, 0, 0, 0) for u in range(30) for i in range(5)], 30)
    watching.time[:] = np.datetime64("NaT")
    held_out, left = hold_out(watching, np.ones(150, dtype=bool), np.zeros(5, dtype=bool), 2)
    assert len(held_out.user) == 3
    assert len(set(held_out.item.tolist())) > 1
    assert left.sum() == 147
