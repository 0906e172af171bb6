"""The genetic step: keeps the best configurations, drops the worst, and fills up with children and random ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.bandits.configurations import Bounds, Configuration, draw_configuration, mutate
from liftstream.experiment.arguments import not_negative, number, refuse, whole, within
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class Kept(Record):
    """Who stays."""

    survivors: tuple[str, ...]
    """Judged and kept, the best first."""
    protected_young: tuple[str, ...]
    """Pulled too seldom to be judged; never dropped."""
    dropped: tuple[str, ...]
    new_slots: int
    """Places to refill."""


def keep_best(
    means: Mapping[str, float],
    pulls: Mapping[str, float],
    *,
    keep: int,
    population: int,
    min_pulls: float,
    always: Sequence[str] = (),
) -> Kept:
    """Keeps the `keep` best of the arms with at least `min_pulls`, all the younger ones, and those of `always`.

    Args:
        means: posterior mean by arm.
        population: how many arms there should be again afterwards.
        always: stays whatever it brings, e.g. the experts' control; it counts in the population.
    """
    keep, population = whole("keep", keep, 1), whole("population", population, 0)
    not_negative("min_pulls", min_pulls)
    for mean in means.values():
        number("means", mean)
    young = tuple(name for name in means if pulls.get(name, 0) < min_pulls)
    judged = sorted((name for name in means if name not in young), key=lambda name: (-means[name], name))
    best = set(judged[:keep]) | set(always)
    survivors = tuple(name for name in judged if name in best)
    dropped = tuple(name for name in judged if name not in best)
    return Kept(survivors, young, dropped, max(0, population - len(survivors) - len(young)))


@dataclass(frozen=True, repr=False)
class Child(Record):
    """A configuration that is new, and where it comes from."""

    name: str
    configuration: Configuration
    origin: str
    """`crossover` of two parents, or `random`."""
    parents: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Generation(Record):
    """What the step asks for: retire `kept.dropped`, add `children`."""

    kept: Kept
    children: tuple[Child, ...]


def genetic_step(
    configurations: Mapping[str, Configuration],
    means: Mapping[str, float],
    pulls: Mapping[str, float],
    bounds: Bounds,
    rng: np.random.Generator,
    *,
    keep: int = 4,
    population: int = 12,
    min_pulls: float = 100,
    mutation: float = 0.1,
    random_share: float = 0.25,
    always: Sequence[str] = (),
    prefix: str = "g",
) -> Generation:
    """One generation.

    Args:
        configurations: by arm, of all active arms.
        mutation: probability that a gene of a child is mutated around its value.
        random_share: of the refilled places, the share that is drawn at random instead of bred.
        prefix: children are called `<prefix>-1`, `<prefix>-2`, ...; give each generation its own.

    Raises:
        ValueError: an argument is out of its range, or a configuration lacks a gene of the bounds.
    """
    within("mutation", mutation, 0, 1)
    within("random_share", random_share, 0, 1)
    _check_genes(configurations, bounds)
    kept = keep_best(means, pulls, keep=keep, population=population, min_pulls=min_pulls, always=always)
    parents = {name: configurations[name] for name in kept.survivors}
    children = []
    for place in range(1, kept.new_slots + 1):
        name = f"{prefix}-{place}"
        if len(parents) < 2 or rng.random() < random_share:
            children.append(Child(name, draw_configuration(bounds, rng), "random", ()))
        else:
            children.append(_breed(name, parents, bounds, mutation, rng))
    return Generation(kept, tuple(children))


def _breed(
    name: str, parents: Mapping[str, Configuration], bounds: Bounds, mutation: float, rng: np.random.Generator
) -> Child:
    """Each gene from either of two parents with equal chance, then perhaps mutated within its bounds."""
    first, second = (str(parent) for parent in rng.choice(sorted(parents), size=2, replace=False))
    genes: dict[str, Any] = {**parents[first]}
    for gene in bounds:
        if rng.random() < 0.5:
            genes[gene] = parents[second][gene]
        if rng.random() < mutation:
            genes[gene] = mutate(bounds[gene], genes[gene], rng)
    return Child(name, genes, "crossover", (first, second))


def _check_genes(configurations: Mapping[str, Configuration], bounds: Bounds) -> None:
    for name, configuration in configurations.items():
        if missing := [gene for gene in bounds if gene not in configuration]:
            refuse(f"configuration {name!r}", configuration, f"with a value for {missing[0]!r}")
