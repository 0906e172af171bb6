"""Policies by name and parameters, as people type them, as JSON holds them."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn

from liftstream.bandits.policies.dynamic import Dynamic
from liftstream.bandits.policies.epsilon_greedy import EpsilonDecreasing, EpsilonGreedy
from liftstream.bandits.policies.policy import Policy
from liftstream.bandits.policies.reference_thompson import ReferenceThompson
from liftstream.bandits.policies.thompson import Thompson
from liftstream.bandits.policies.ucb1 import Ucb1

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (EpsilonGreedy, EpsilonDecreasing, Ucb1, Thompson, Dynamic, ReferenceThompson)
}
LEAST, MOST = 1e-9, 1e9
"""Size of a parameter."""


class PolicyError(ValueError):
    """A policy or one of its parameters is unknown or out of range.

    Attributes:
        field: `policy`, or the parameter's name.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def make_policy(name: Any, parameters: Mapping[str, Any] | None = None) -> Policy:
    """The policy of this name.

    Args:
        parameters: by name; what is left out has its default. A prior is two numbers.

    Raises:
        PolicyError: with the field and what is accepted.
    """
    if not isinstance(name, str) or name not in POLICIES:
        raise PolicyError("policy", f"policy must be one of {', '.join(POLICIES)}, got {name!r}")
    kind = POLICIES[name]
    known = {field.name for field in fields(kind)}
    given = {}
    for key, value in (parameters or {}).items():
        if key not in known:
            raise PolicyError(key, f"{name} has no parameter {key!r}; it has {', '.join(sorted(known))}")
        given[key] = _pair(key, value) if key == "prior" else value
        _check_size(key, given[key])
    return _made(kind, given)


def parse_policy(text: str) -> Policy:
    """`NAME[:key=value,...]`, e.g. `ucb1:constant=1.5` or `thompson:prior=1/1`.

    Raises:
        PolicyError: with the field and what is accepted.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise PolicyError("policy", f"write NAME:key=value,key=value; {part!r} in {text!r} has no '='")
        parameters[key.strip()] = _typed(value.strip())
    return make_policy(name.strip(), parameters)


def _typed(text: str) -> Any:
    if "/" in text:
        return [_typed(part) for part in text.split("/")]
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _pair(key: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        _refuse(key, value, "two numbers A/B, e.g. 1/1")
    return (value[0], value[1])


def _check_size(key: str, value: Any) -> None:
    """Refuses sizes whose sums and variances leave the range of doubles; the policy judges what is not a number."""
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, int | float) and one and not LEAST <= abs(one) <= MOST:
            _refuse(key, one, f"0, or from {LEAST:g} to {MOST:g} in size")


def _made(kind: type[Policy], given: dict[str, Any]) -> Policy:
    """The dataclass checks its own values; its messages begin with the parameter's name."""
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        field = str(error).partition(" ")[0]
        raise PolicyError(field if field in given else "policy", str(error)) from None


def _refuse(key: str, value: Any, accepted: str) -> NoReturn:
    raise PolicyError(key, f"{key} must be {accepted}, got {value!r}")
