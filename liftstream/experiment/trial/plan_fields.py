"""What each field of a plan accepts, one by one; whether they fit together is for `plans` and `plan_check`."""

from collections.abc import Callable, Mapping
from typing import Any

from liftstream.experiment.arguments import (
    fraction,
    not_negative,
    number,
    one_of,
    positive,
    refuse,
    significance,
    whole,
)
from liftstream.experiment.metrics.kinds import PLANNED
from liftstream.experiment.sequential.alpha_spending import NAMES
from liftstream.experiment.sequential.sequential_bounds import DESIGNS
from liftstream.experiment.trial.guard import SOURCES, guards_of

ORIGINAL = "original"
ALTERNATIVES = ("one-sided", "two-sided")
LOOKS_MOST = 200
EFFECT_MOST = 1e300
"""A larger one overflows when it is compared with others."""
SHARE_LEAST = 1e-6
"""Smallest arm as a share of the largest: one client beside a million."""


def _looks(name: str, value: Any) -> int | tuple[float, ...]:
    if isinstance(value, list | tuple) and len(value) <= LOOKS_MOST:
        return tuple(positive(name, t) for t in value)
    if isinstance(value, list | tuple):
        refuse(name, len(value), f"at most {LOOKS_MOST}")
    if whole(name, value, 1) > LOOKS_MOST:
        refuse(name, value, f"at most {LOOKS_MOST}")
    return int(value)


def _names(name: str, value: Any) -> tuple[str, ...]:
    listed = isinstance(value, list | tuple) and all(isinstance(item, str) and item for item in value)
    if not listed or not value or len({ORIGINAL, *value}) != len(value) + 1:
        refuse(name, value, f"a list of different names, none of them {ORIGINAL!r}")
    return tuple(value)


def _numbers(name: str, value: Any) -> tuple[float, ...] | None:
    if value is not None and not (isinstance(value, list | tuple) and value):
        refuse(name, value, "a list of numbers above 0")
    return None if value is None else tuple(positive(name, item) for item in value)


def _weights(name: str, value: Any) -> tuple[float, ...] | dict[str, float] | None:
    if isinstance(value, Mapping):
        of_arms = {str(arm): positive(name, share) for arm, share in value.items()}
        _check_shares(name, tuple(of_arms.values()))
        return of_arms
    shares = _numbers(name, value)
    _check_shares(name, shares or ())
    return shares


def _check_shares(name: str, shares: tuple[float, ...]) -> None:
    if shares and not min(shares) >= SHARE_LEAST * max(shares):
        refuse(name, shares, f"each at least {SHARE_LEAST:f} of the largest")


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        refuse(name, value, "a text")
    return None if value is None else str(value)


def _correlation(name: str, value: Any) -> float:
    if not -1 < number(name, value) < 1:
        refuse(name, value, "between -1 and 1, neither of them")
    return float(value)


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        refuse(name, value, "true or false")
    return bool(value)


def _optional(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else check(name, value)


def _effect(name: str, value: Any) -> float:
    effect = not_negative(name, value)
    if effect > EFFECT_MOST:
        refuse(name, value, f"at most {EFFECT_MOST:g}")
    return effect


FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "effect": _effect,
    "sd": _optional(positive),
    "n_per_arm": lambda name, value: whole(name, value, 2),
    "alpha": significance,
    "power": fraction,
    "alternative": lambda name, value: one_of(name, value, ALTERNATIVES),
    "looks": _looks,
    "spending": lambda name, value: one_of(name, value, DESIGNS),
    "spending_parameter": _optional(number),
    "cumulative_alpha": _numbers,
    "futility": _optional(lambda name, value: one_of(name, value, NAMES[:-1])),
    "binding": _yes_or_no,
    "candidates": _names,
    "weights": _weights,
    "margin": number,
    "cap": _optional(positive),
    "covariate": _text,
    "correlation": _correlation,
    "name": lambda name, value: _text(name, value) or "",
    "salt": lambda name, value: _text(name, value) or "",
    "kind": lambda name, value: one_of(name, value, PLANNED),
    "outcome": _text,
    "base_rate": _optional(positive),
    "source": _optional(lambda name, value: one_of(name, value, SOURCES)),
    "guards": guards_of,
}
"""What each field of a plan accepts; the value comes back in the form that is sealed."""
