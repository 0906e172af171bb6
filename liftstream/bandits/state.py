"""A bandit's state as a record of sums: readable JSON, the same bytes again after a round trip."""

import math
from decimal import Decimal
from typing import Any, Literal

import msgspec

from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.experiment.arguments import within

VERSION = 1
LARGEST = 1e15
STEP = Decimal("1e-9")
"""Sums are kept in this step, as decimals: so they are the same in whatever order and grouping they were taken in."""


def exact(name: str, value: Any) -> Decimal:
    """A number as a decimal, to nine digits after the point; larger ones could not be added exactly."""
    within(name, value, -LARGEST, LARGEST)
    return Decimal(repr(float(value))).quantize(STEP)


class Sums(msgspec.Struct, omit_defaults=True):
    """What came in; only ever added to."""

    trials: Decimal = Decimal(0)
    reward: Decimal = Decimal(0)
    reference: Decimal = Decimal(0)

    def add(self, trials: Decimal, reward: Decimal, reference: Decimal) -> None:
        """Takes more in."""
        self.trials += trials
        self.reward += reward
        self.reference += reference

    def plain(self) -> "Sums":
        """The sums without zeros at the end of their numbers, so that equal sums have equal bytes."""
        return Sums(*(Decimal(f"{value.normalize():f}") for value in msgspec.structs.astuple(self)))


NOTHING = Sums()


class ArmState(msgspec.Struct, omit_defaults=True):
    """One arm."""

    name: str
    prior: tuple[float, float]
    state: Literal["active", "retired"] = "active"
    since: int = 0
    """The period in which it joined."""
    pulls: int = 0
    sums: dict[int, Sums] = {}
    """The evidence by period if the policy forgets, otherwise all under 0."""
    closed: tuple[int, float, float] | None = None
    """Where periods were closed: the first open one, and the prior at its start."""

    def copy(self) -> "ArmState":
        """A copy with its own sums, in order of their periods; equal states have equal bytes."""
        sums = {period: self.sums[period].plain() for period in sorted(self.sums)}
        return msgspec.structs.replace(
            self, sums={period: one for period, one in sums.items() if one != NOTHING}
        )


class BanditState(msgspec.Struct):
    """Everything that a bandit knows."""

    version: int
    policy: str
    parameters: dict[str, Any]
    period: int
    arms: list[ArmState]


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_state(state: BanditState) -> str:
    """JSON text, keys in a fixed order."""
    return msgspec.json.format(_ENCODER.encode(state), indent=2).decode()


def read_state(text: str | bytes) -> BanditState:
    """The state that was written.

    Raises:
        InputError: not JSON, not a bandit's state, of another version, or with an arm twice or without a usable prior.
    """
    try:
        state = msgspec.json.decode(text, type=BanditState)
    except NOT_JSON as error:
        raise InputError(f"not the state of a bandit: {error}") from None
    if state.version != VERSION:
        raise InputError(f"state of version {state.version}; this liftstream reads version {VERSION}")
    names = set[str]()
    for arm in state.arms:
        if arm.name in names:
            raise InputError(f"state of a bandit with arm {arm.name!r} twice")
        names.add(arm.name)
        if not all(math.isfinite(value) and value >= 0 for value in arm.prior):
            raise InputError(
                f"arm {arm.name!r} has the prior {list(arm.prior)}; two numbers of at least 0 are accepted"
            )
    return state
