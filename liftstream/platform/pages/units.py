"""Formats levels and differences of an experiment's metric for its pages: money, a rate in percent, a count."""

from collections.abc import Sequence
from typing import Any

from liftstream.experiment.metrics.kinds import Kind, kind_of
from liftstream.service.pages.formatting import MINUS, MISSING

Beside = Sequence[float | None]
"""Values that are read together with one: an estimate and the ends of its interval have the same number of decimals."""


def number(value: float | None, kind: str, sign: bool = False, beside: Beside = ()) -> str:
    """A mean or a difference without its unit: `19.71`, `+0.61`; a rate in percent."""
    if value is None:
        return MISSING
    return kind_of(kind).number(value, sign=sign, beside=beside).replace("-", MINUS)


def change(value: float | None, kind: str, sign: bool = True, beside: Beside = ()) -> str:
    """A difference with its unit: `+0.61 $ per client`, `+0.31 points`."""
    if value is None:
        return MISSING
    return kind_of(kind).change(value, sign=sign, beside=beside).replace("-", MINUS)


def span(low: float | None, high: float | None, kind: str, estimate: float | None = None) -> str:
    """Both ends of an interval with their signs and the estimate's decimals; an unknown end is left open."""
    if low is None and high is None:
        return MISSING
    beside = low, high, estimate
    return f"{_end(low, kind, MINUS, beside)} to {_end(high, kind, '+', beside)}"


def around(mean: float | None, half_width: float | None, kind: str) -> tuple[str, str]:
    """A mean and half of its interval's width, written alike: `19.59` and `0.38`."""
    if mean is None or half_width is None:
        return number(mean, kind), MISSING
    text = number(mean, kind, beside=(mean - half_width, mean + half_width))
    decimals = len(text.partition(".")[2])
    return text, f"{scale(kind) * half_width:,.{decimals}f}"


def level_unit(kind: str) -> str:
    """The unit of an arm's mean: `$ per client`, `% of clients`."""
    return kind_of(kind).level_unit


def change_unit(kind: str) -> str:
    """The unit of a difference: `$`, `points`, `per client`."""
    known: Kind = kind_of(kind)
    return "$" if known.name == "money" else known.change_unit


def scale(kind: str) -> float:
    """The factor by which means are multiplied for display."""
    return kind_of(kind).scale


def short(configuration: Any) -> Any:
    """A configuration to look at: numbers with four significant digits; the JSON document has them all."""
    if isinstance(configuration, dict):
        return {name: short(value) for name, value in configuration.items()}
    return float(f"{configuration:.4g}") if isinstance(configuration, float) else configuration


def _end(value: float | None, kind: str, infinite: str, beside: Beside) -> str:
    return f"{infinite}∞" if value is None else number(value, kind, sign=True, beside=beside)
