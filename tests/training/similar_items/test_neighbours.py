"""Lists beside a plain loop over all pairs, and the properties that filters, weights and cap promise."""

import numpy as np
import pytest

from tests.training.similar_items.small_cinema import catalogue_of
from training.similar_items.coefficients import premiere_weights
from training.similar_items.neighbours import (
    NOBODY,
    Lists,
    Rules,
    cap_repeats,
    find_candidates,
    rank_candidates,
)
from training.similar_items.score_weight import MOST_LAMBDA, choose_score_lambda, premiere_share

TITLES = 120
RNG = np.random.default_rng(8)
VECTORS = RNG.normal(size=(TITLES, 4))
PREMIERE = RNG.random(TITLES) < 0.2
GENRES = (RNG.random((TITLES, 3)) < 0.4).astype(int).tolist()
AGE = RNG.choice([0, 12, 18], TITLES).tolist()
CATALOGUE = catalogue_of(TITLES, GENRES, AGE)
WEIGHT = premiere_weights(PREMIERE, 0.3)


def plain_list(title: int, rules: Rules) -> list[int]:
    """All pairs, one by one."""
    length = np.linalg.norm(VECTORS, axis=1)
    score = VECTORS @ VECTORS[title] / (length * length[title]) * WEIGHT
    allowed = [
        other
        for other in range(TITLES)
        if other != title
        and score[other] > 0
        and (not rules.same_genre or any(a and b for a, b in zip(GENRES[title], GENRES[other], strict=True)))
        and (not rules.same_age or AGE[other] <= AGE[title])
    ]
    return sorted(allowed, key=lambda other: -score[other])[: rules.length]


@pytest.mark.parametrize(
    "rules", [Rules(5), Rules(7, same_genre=True), Rules(200, same_genre=True, same_age=True)], ids=str
)
def test_lists_are_those_of_a_loop_over_all_pairs(rules: Rules) -> None:
    lists = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), WEIGHT, rules)
    for title in range(TITLES):
        found = [other for other in lists.neighbour[title].tolist() if other != NOBODY]
        assert found == plain_list(title, rules)


def test_lists_fall_by_score_and_never_name_the_title_itself_or_anybody_twice() -> None:
    rules = Rules(10, most_lists=9)
    lists = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), WEIGHT, rules)
    assert (np.diff(lists.score, axis=1) <= 0).all()
    assert not (lists.neighbour == np.arange(TITLES)[:, None]).any()
    for row in lists.neighbour:
        named = row[row != NOBODY]
        assert len(set(named.tolist())) == len(named)
    assert lists.score[lists.filled] == pytest.approx(
        (lists.cosine * WEIGHT[np.where(lists.filled, lists.neighbour, 0)])[lists.filled]
    )


@pytest.mark.parametrize("most", [1, 4, 9])
def test_no_title_stands_in_more_lists_than_the_cap_and_who_is_missing_was_worth_less(most: int) -> None:
    rules = Rules(6, most_lists=most)
    candidates = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), WEIGHT, Rules(10_000))
    lists = cap_repeats(candidates, 6, most)
    named = lists.neighbour[lists.filled]
    assert np.bincount(named).max() <= most
    worst_of = {title: lists.score[lists.neighbour == title].min() for title in set(named.tolist())}
    full = np.bincount(named, minlength=TITLES) == most
    for title in range(TITLES):
        listed = set(lists.neighbour[title].tolist())
        last = lists.score[title].min()
        for other, score in zip(candidates.neighbour[title].tolist(), candidates.score[title], strict=True):
            if other != NOBODY and other not in listed and score > last:
                assert full[other]
                assert worst_of[other] >= score  # no list could have it without taking it from a better one


def test_without_a_tight_cap_the_lists_are_the_uncapped_ones() -> None:
    rules = Rules(6)
    candidates = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), WEIGHT, Rules(10_000))
    assert np.array_equal(cap_repeats(candidates, 6, TITLES).neighbour, candidates.neighbour[:, :6])


def test_scaling_a_title_moves_nobody_but_the_weight_of_its_score_does() -> None:
    rules = Rules(10)
    ones = np.ones(TITLES)
    plain = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), ones, rules)
    scaled = np.where(PREMIERE[:, None], 0.01 * VECTORS, VECTORS)
    again = rank_candidates(find_candidates(scaled, CATALOGUE, PREMIERE, rules), ones, rules)
    assert np.array_equal(plain.neighbour, again.neighbour)
    weighed = rank_candidates(find_candidates(VECTORS, CATALOGUE, PREMIERE, rules), WEIGHT, rules)
    assert premiere_share(weighed, PREMIERE) < premiere_share(plain, PREMIERE)


def test_the_weight_of_scores_is_the_smallest_that_brings_premieres_down_to_the_share() -> None:
    rules = Rules(10)
    candidates = find_candidates(VECTORS, CATALOGUE, PREMIERE, rules)

    def share(score_lambda: float) -> float:
        return premiere_share(
            rank_candidates(candidates, premiere_weights(PREMIERE, score_lambda), rules), PREMIERE
        )

    most = share(0.0) / 2
    chosen = choose_score_lambda(candidates, PREMIERE, rules, most)
    assert share(chosen) <= most < share(chosen - 0.01)
    assert choose_score_lambda(candidates, PREMIERE, rules, share(0.0)) == 0.0
    assert choose_score_lambda(candidates, ~PREMIERE, Rules(200), 0.0) == MOST_LAMBDA


def test_lists_are_the_same_after_a_way_through_rows() -> None:
    lists = Lists(
        np.array([[1, NOBODY], [0, 2], [NOBODY, NOBODY]]),
        np.array([[0.5, 0], [0.9, 0.1], [0, 0]]),
        np.ones((3, 2)),
    )
    item, place = np.nonzero(lists.filled)
    again = Lists.of_rows(
        3, item, place, lists.neighbour[item, place], lists.score[item, place], lists.cosine[item, place]
    )
    assert np.array_equal(again.neighbour, lists.neighbour)
    assert np.array_equal(again.score, lists.score)
