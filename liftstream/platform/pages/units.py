"""Levels and differences of an experiment's metric as its pages write them: money, a rate in percent, a count."""

from typing import Any

from liftstream.experiment.metrics.kinds import Kind, kind_of
from liftstream.service.pages.formatting import MINUS, MISSING


def number(value: float | None, kind: str, sign: bool = False) -> str:
    """A mean or a difference without its unit: `19.71`, `+0.61`; a rate in percent."""
    return MISSING if value is None else kind_of(kind).number(value, sign=sign).replace("-", MINUS)


def change(value: float | None, kind: str, sign: bool = True) -> str:
    """A difference with its unit: `+0.61 $ per client`, `+0.31 points`."""
    return MISSING if value is None else kind_of(kind).change(value, sign=sign).replace("-", MINUS)


def span(low: float | None, high: float | None, kind: str) -> str:
    """Both ends of an interval with their signs; an end that is not known is left open."""
    if low is None and high is None:
        return MISSING
    return f"{_end(low, kind, MINUS)} to {_end(high, kind, '+')}"


def level_unit(kind: str) -> str:
    """Behind an arm's mean: `$ per client`, `% of clients`."""
    return kind_of(kind).level_unit


def change_unit(kind: str) -> str:
    """Of a difference: `$`, `points`, `per client`."""
    known: Kind = kind_of(kind)
    return "$" if known.name == "money" else known.change_unit


def scale(kind: str) -> float:
    """What a mean is shown times."""
    return kind_of(kind).scale


def short(configuration: Any) -> Any:
    """A configuration to look at: numbers with four significant digits; the JSON document has them all."""
    if isinstance(configuration, dict):
        return {name: short(value) for name, value in configuration.items()}
    return float(f"{configuration:.4g}") if isinstance(configuration, float) else configuration


def _end(value: float | None, kind: str, infinite: str) -> str:
    return f"{infinite}∞" if value is None else number(value, kind, sign=True)
