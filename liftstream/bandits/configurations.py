"""Configurations as arms: named weights within bounds, drawn at random."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftstream.experiment.arguments import number, one_of, positive, refuse

MUTATION_STEP = 0.2
"""Standard deviation of a mutation, as a share of the gene's range."""
Configuration = Mapping[str, Any]


@dataclass(frozen=True)
class Range:
    """A gene that is a number in low..high, uniform on the line or on the logarithm."""

    low: float
    high: float
    scale: str = "linear"
    whole: bool = False

    def __post_init__(self) -> None:
        if not number("low", self.low) < number("high", self.high):
            refuse("high", self.high, f"above low, {self.low:g}")
        one_of("scale", self.scale, ("linear", "log"))
        if self.scale == "log":
            positive("low", self.low)

    def at(self, position: float) -> float | int:
        """The value at a position in 0..1 of the range."""
        position = min(max(position, 0.0), 1.0)
        if self.scale == "log":
            value = self.low * math.pow(self.high / self.low, position)
        else:
            value = self.low + position * (self.high - self.low)
        return round(value) if self.whole else min(max(value, self.low), self.high)

    def position(self, value: float) -> float:
        """Where in 0..1 of the range a value lies."""
        if self.scale == "log":
            return math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Choice:
    """A gene that is one of a few values."""

    values: Sequence[Any]

    def __post_init__(self) -> None:
        if not self.values:
            refuse("values", self.values, "at least one")


Gene = Range | Choice
Bounds = Mapping[str, Gene]


def draw_configuration(bounds: Bounds, rng: np.random.Generator) -> dict[str, Any]:
    """A configuration at random: every gene uniform within its bounds."""
    return {name: _draw(gene, rng) for name, gene in bounds.items()}


def mutate(gene: Gene, value: Any, rng: np.random.Generator) -> Any:
    """A number a little off `value` and within its bounds; of a choice any of its values."""
    if isinstance(gene, Choice):
        return _draw(gene, rng)
    return gene.at(gene.position(value) + MUTATION_STEP * float(rng.standard_normal()))


def _draw(gene: Gene, rng: np.random.Generator) -> Any:
    if isinstance(gene, Choice):
        return gene.values[int(rng.integers(len(gene.values)))]
    return gene.at(float(rng.random()))
