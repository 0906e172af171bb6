"""A metric: which columns it is made of, which way is better, how it is capped, and what it is for.

>>> Metric.parse("spend:money,cap=p99,role=guard,margin=2%").margin
0.02
>>> Metric.parse("ctr=clicks/views").kind
'ratio'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import fraction, number, one_of, positive, refuse
from liftstream.experiment.metrics.kinds import KINDS
from liftstream.experiment.record import Record

DIRECTIONS = ("more", "less")
ROLES = ("decision", "guard", "watched")


@dataclass(frozen=True, repr=False)
class Metric(Record):
    """What is measured of a client."""

    name: str
    kind: str | None = None
    """`money`, `proportion`, `count`, `ratio` or `quantile`; None: found from the values."""
    column: str | None = None
    """Where it stands; default: the column of its name. Several rows of a client are summed; of a proportion one is
    enough."""
    denominator: str | None = None
    """Denominator of a ratio: sum of `column` over sum of this column."""
    quantile: float | None = None
    """The quantile, such as 0.9."""
    direction: str = "more"
    """`more` or `less` is better."""
    role: str = "decision"
    """`decision`: what is to improve; `guard`: what must not get worse by its margin; `watched`: everything else."""
    margin: float | None = None
    """The worsening that a guard accepts, above 0."""
    relative_margin: bool = False
    """Whether the margin is a share of the original's value."""
    cap: float | None = None
    """A client's number above this counts as this."""
    cap_percentile: float | None = None
    """The same as a percentile of all clients' numbers, 0..100."""
    covariates: tuple[str, ...] = ()
    """Columns known before the draw (CUPED); of a ratio also `numerator/denominator`."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            refuse("metric", self.name, "a name")
        object.__setattr__(self, "column", self.column or self.name)
        object.__setattr__(self, "covariates", tuple(self.covariates))
        if self.denominator is not None or self.quantile is not None:
            object.__setattr__(self, "kind", self.kind or ("ratio" if self.denominator else "quantile"))
        one_of("direction", self.direction, DIRECTIONS)
        one_of("role", self.role, ROLES)
        self._check_kind()
        self._check_margin()
        if self.cap is not None:
            positive("cap", self.cap)
        if self.cap_percentile is not None and not 0 < number("cap", self.cap_percentile) < 100:
            refuse("cap", f"p{self.cap_percentile:g}", "a percentile above p0 and below p100")

    def _check_kind(self) -> None:
        if self.kind is not None and "=" in self.kind:
            refuse(
                f"metric {self.name}",
                f":{self.kind}",
                f"NAME:KIND, then keys after a comma: {self.name},{self.kind}",
            )
        if self.kind is not None:
            one_of("kind", self.kind, KINDS)
        if (self.kind == "ratio") != (self.denominator is not None):
            refuse(f"metric {self.name}", self.kind, "NAME=numerator/denominator for a ratio, and only then")
        if (self.kind == "quantile") != (self.quantile is not None):
            refuse(
                f"metric {self.name}", self.kind, "given q=0.9 or another share for a quantile, and only then"
            )
        if self.quantile is not None:
            fraction("q", self.quantile)

    def _check_margin(self) -> None:
        if self.role == "guard" and self.margin is None:
            refuse(
                f"margin of the guard {self.name}",
                self.margin,
                "given: how much worse is still accepted (margin=0.5, margin=2%)",
            )
        if self.margin is not None:
            if self.role != "guard":
                refuse(f"margin of {self.name}", self.margin, "absent, unless role=guard")
            positive("margin", self.margin)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `NAME[=COLUMN or NUMERATOR/DENOMINATOR][:KIND][,KEY=VALUE...]`.

        Keys: `direction` (more, less), `role` (decision, guard, watched), `margin` (a number or `2%`), `cap` (a number
        or `p99`), `q`, `covariate` (several joined by +).
        """
        head, *pairs = text.split(",")
        place, _, kind = head.partition(":")
        name, _, column = place.partition("=")
        values: dict[str, Any] = {"name": name.strip(), "kind": kind.strip() or None}
        numerator, _, denominator = column.partition("/")
        values |= {"column": numerator.strip() or None, "denominator": denominator.strip() or None}
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals:
                refuse(
                    f"metric {name}",
                    pair,
                    "KEY=VALUE after a comma, such as role=guard; names with a comma go into --metrics FILE.yaml",
                )
            values[key.strip()] = value.strip()
        return cls.from_dict(values)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads a mapping with the keys of `parse`, as in a YAML file."""
        values = dict(document)
        if "q" in values:
            values["quantile"] = values.pop("q")
        known = {field.name for field in fields(cls)} | {"covariate"}
        unknown = sorted(set(values) - known)
        if unknown:
            refuse(
                f"metric {values.get('name', '?')}", unknown[0],
                "made of name, kind, column, denominator, q, direction, role, margin, cap, covariate",
            )  # fmt: skip
        covariate = values.pop("covariate", None)
        if covariate is not None:
            values["covariates"] = tuple(covariate.split("+") if isinstance(covariate, str) else covariate)
        values |= _margin(values.get("margin"))
        values |= _cap(values.get("cap"))
        if isinstance(values.get("quantile"), str):
            values["quantile"] = _float("q", values["quantile"])
        column = values.get("column")
        if isinstance(column, str) and "/" in column and not values.get("denominator"):
            values["column"], values["denominator"] = column.split("/", 1)
        return cls(**values)

    def of_kind(self, kind: str) -> Self:
        """The metric with this kind."""
        return replace(self, kind=kind)

    def cap_of(self, values: NDArray[np.float64]) -> float | None:
        """The largest number that counts, of all clients' numbers; None without a cap.

        Raises:
            ValueError: a percentile that is no more than the smallest number, so that nothing would differ.
        """
        if self.cap_percentile is None:
            return self.cap
        most = float(np.percentile(values, self.cap_percentile))
        if most <= values.min() < values.max():
            among = float(np.percentile(values[values > most], self.cap_percentile))
            refuse(
                f"cap of {self.name}",
                f"p{self.cap_percentile:g}",
                f"above what most clients have, and {self.cap_percentile:g} % of them have {most:g}; of the numbers above"
                f" that the percentile is {among:g} (cap={among:g})",
            )
        return most

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it needs."""
        parts = [self.column or self.name, self.denominator]
        for covariate in self.covariates:
            parts += covariate.split("/")
        return tuple(part for part in parts if part)


def _margin(value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        return {}
    if value.endswith("%"):
        return {"margin": _float("margin", value.removesuffix("%")) / 100, "relative_margin": True}
    return {"margin": _float("margin", value)}


def _cap(value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        return {}
    percentile = re.fullmatch(r"[pP](\d+(?:\.\d+)?)", value.strip())
    if percentile:
        return {"cap": None, "cap_percentile": float(percentile.group(1))}
    return {"cap": _float("cap", value)}


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        refuse(name, text, "a number")
