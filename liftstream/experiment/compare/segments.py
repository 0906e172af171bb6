"""Segments of clients: their effects combined, and tests whether they differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from liftstream.experiment.arguments import number, positive, refuse
from liftstream.experiment.compare.comparison import Comparison, compare
from liftstream.experiment.compare.means import Arm, TestOptions, moments_of
from liftstream.experiment.moments import Moments, merge
from liftstream.experiment.numerics.chi_square import upper_tail_chi_square
from liftstream.experiment.record import Record

Segments = Mapping[str, Arm]


@dataclass(frozen=True, repr=False)
class Stratified(Record):
    """An effect put together from groups."""

    comparison: Comparison
    weights: dict[str, float]
    """Share of all clients in each group."""
    effects: dict[str, float]
    naive: float
    """The difference that ignores the groups; far away, it compares different people (Simpson)."""


@dataclass(frozen=True, repr=False)
class Heterogeneity(Record):
    """Whether effects differ more than chance explains."""

    q: float
    df: int
    pvalue: float
    i2: float
    """Share of the variation that is not chance (Higgins & Thompson 2002)."""
    pooled: float
    """Effect weighted by precision."""
    pooled_se: float
    method: str = "Cochran's Q"


def post_stratified(original: Segments, candidate: Segments, **options: Unpack[TestOptions]) -> Stratified:
    """Effects of the groups weighted by their share of all clients (Miratrix, Sekhon & Yu 2013), z; so are the means."""
    first, second = _matched(original, candidate)
    weights = _weights(first, second)
    effects = {name: second[name].mean - first[name].mean for name in first}
    arms = _weighted(first, weights), _weighted(second, weights)
    found = compare(
        sum(weights[name] * effects[name] for name in first),
        math.sqrt(_square(*arms)),
        math.inf,
        method="z, post-stratified",
        arms=arms,
        **options,
    )
    return Stratified(found, weights, effects, merge(second.values()).mean - merge(first.values()).mean)


def stratified_arms(original: Segments, candidate: Segments) -> tuple[Moments, Moments]:
    """Moments of both arms whose mean and standard error are those of the groups by their share of all clients."""
    first, second = _matched(original, candidate)
    weights = _weights(first, second)
    return _weighted(first, weights), _weighted(second, weights)


def _weights(first: Mapping[str, Moments], second: Mapping[str, Moments]) -> dict[str, float]:
    sizes = {name: first[name].n + second[name].n for name in first}
    return {name: size / sum(sizes.values()) for name, size in sizes.items()}


def _weighted(groups: Mapping[str, Moments], weights: Mapping[str, float]) -> Moments:
    n = sum(arm.n for arm in groups.values())
    mean = sum(weights[name] * arm.mean for name, arm in groups.items())
    square = sum(weights[name] ** 2 * arm.variance / arm.n for name, arm in groups.items())
    return Moments(n, mean, square * n * (n - 1))


def interaction(original: Segments, candidate: Segments, **options: Unpack[TestOptions]) -> Comparison:
    """Tests whether the second group's effect differs from the first group's. z; two-sided by default."""
    first, second = _matched(original, candidate)
    if len(first) != 2:
        refuse("segments", list(first), "two groups; for more use cochran_q")
    one, other = first
    options.setdefault("alternative", "two-sided")
    difference = (second[other].mean - first[other].mean) - (second[one].mean - first[one].mean)
    square = sum(_square(first[name], second[name]) for name in first)
    return compare(difference, math.sqrt(square), math.inf, method="z, interaction", **options)


def cochran_q(effects: Sequence[float], ses: Sequence[float]) -> Heterogeneity:
    """Cochran's Q (1954) over the effects of groups and their standard errors."""
    if len(effects) != len(ses) or len(effects) < 2:
        refuse("ses", list(ses), f"one for each of at least two effects, here {len(effects)}")
    weights = [positive("ses", se) ** -2 for se in ses]
    effects = [number("effects", effect) for effect in effects]
    pooled = sum(w * e for w, e in zip(weights, effects, strict=True)) / sum(weights)
    q = sum(w * (e - pooled) ** 2 for w, e in zip(weights, effects, strict=True))
    df = len(effects) - 1
    i2 = max(0.0, 1 - df / q) if q > 0 else 0.0
    return Heterogeneity(q, df, upper_tail_chi_square(q, df), i2, pooled, sum(weights) ** -0.5)


def heterogeneity(original: Segments, candidate: Segments) -> Heterogeneity:
    """Whether the effects of the groups differ."""
    first, second = _matched(original, candidate)
    effects = [second[name].mean - first[name].mean for name in first]
    return cochran_q(effects, [math.sqrt(_square(first[name], second[name])) for name in first])


def _matched(original: Segments, candidate: Segments) -> tuple[dict[str, Moments], dict[str, Moments]]:
    if set(original) != set(candidate) or not original:
        refuse("segments", sorted(candidate), f"the same groups in both arms: {', '.join(sorted(original))}")
    first = {name: moments_of(f"original, {name}", original[name]) for name in original}
    second = {name: moments_of(f"candidate, {name}", candidate[name]) for name in original}
    return first, second


def _square(a: Moments, b: Moments) -> float:
    return a.variance / a.n + b.variance / b.n
