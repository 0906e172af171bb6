"""Generations: who stays, where children come from, and that they stay within their bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import bandits

BOUNDS = {
    "words": bandits.Range(0, 20),
    "price": bandits.Range(0.1, 1000, scale="log"),
    "count": bandits.Range(1, 9, whole=True),
    "same_region": bandits.Choice((True, False)),
}


def population(rng: np.random.Generator, size: int = 6) -> dict[str, dict[str, object]]:
    return {f"p{i}": bandits.draw_configuration(BOUNDS, rng) for i in range(size)}


def within_bounds(configuration: dict[str, object]) -> bool:
    words, price, count = (float(configuration[key]) for key in ("words", "price", "count"))  # type: ignore[arg-type]
    return (
        0 <= words <= 20
        and 0.1 <= price <= 1000
        and count in range(1, 10)
        and configuration["same_region"] in (True, False)
    )


@given(seed=st.integers(0, 10_000))
def test_children_stay_within_their_bounds_and_name_their_parents(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parents = population(rng)
    means = {name: float(rng.random()) for name in parents}
    found = bandits.genetic_step(
        parents, means, dict.fromkeys(parents, 500), BOUNDS, rng, keep=3, population=8, mutation=0.5
    )
    assert len(found.kept.survivors) + len(found.children) == 8
    for child in found.children:
        assert within_bounds(dict(child.configuration))
        assert set(child.parents) <= set(found.kept.survivors)
        assert len(child.parents) == (2 if child.origin == "crossover" else 0)


def test_without_mutation_every_gene_is_of_one_of_the_parents() -> None:
    rng = np.random.default_rng(1)
    parents = population(rng)
    found = bandits.genetic_step(
        parents,
        {n: i for i, n in enumerate(parents)},
        dict.fromkeys(parents, 500),
        BOUNDS,
        rng,
        keep=4,
        mutation=0,
        random_share=0,
    )
    for child in found.children:
        first, second = (parents[name] for name in child.parents)
        assert all(child.configuration[gene] in (first[gene], second[gene]) for gene in BOUNDS)


def test_the_young_and_the_experts_control_stay_and_the_worst_go() -> None:
    means = {"a": 0.12, "b": 0.05, "c": 0.2, "d": 0.01, "e": 0.0}
    pulls = {"a": 500, "b": 500, "c": 500, "d": 500, "e": 20}
    kept = bandits.keep_best(means, pulls, keep=2, population=6, min_pulls=100, always=["d"])
    assert (kept.survivors, kept.protected_young, kept.dropped, kept.new_slots) == (
        ("c", "a", "d"),
        ("e",),
        ("b",),
        2,
    )


def test_a_step_from_nobody_judged_refills_at_random() -> None:
    rng = np.random.default_rng(2)
    parents = population(rng, 2)
    found = bandits.genetic_step(parents, dict.fromkeys(parents, 0.0), {}, BOUNDS, rng, population=4)
    assert [child.origin for child in found.children] == ["random", "random"]


def test_bounds_and_configurations_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="high must be above low, 3, got 3"):
        bandits.Range(3, 3)
    with pytest.raises(ValueError, match="low must be above 0"):
        bandits.Range(0, 1, scale="log")
    with pytest.raises(ValueError, match="with a value for 'words'"):
        bandits.genetic_step({"a": {}}, {"a": 1}, {"a": 1}, BOUNDS, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"means": {"a": float("nan")}}, "means must be a finite number, got no number"),
        ({"population": 2.5}, "population must be a whole number of at least 0, got 2.5"),
        ({"min_pulls": -1}, "min_pulls must be at least 0, got -1"),
    ],
)
def test_numbers_that_nobody_can_be_kept_by_are_refused(arguments, said: str) -> None:
    given = {"means": {"a": 0.1}, "pulls": {"a": 500}, "keep": 1, "population": 2, "min_pulls": 100}
    with pytest.raises(ValueError, match=said):
        bandits.keep_best(**{**given, **arguments})
