"""The request for a new bandit or a new arm, converted to records, or to a list of problems."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_bytes, token_hex
from typing import Any, Final

import msgspec

from liftstream.bandits import PolicyError, make_policy
from liftstream.bandits.policies.named import POLICIES
from liftstream.experiment import Problem
from liftstream.platform.bandits.running.definition import ARMS_MOST, REFERENCE_ARM, Configuration, Definition
from liftstream.platform.bandits.running.generator import misfit, read_generator
from liftstream.platform.bandits.running.live import IMPRESSION, UNIT
from liftstream.platform.planning.measures import is_name
from liftstream.platform.planning.requests import Incoherent

FIELDS: Final = (
    "name", "arms", "reference", "policy", "parameters", "quantum_s", "objective", "guards", "attribution_s", "least_share",
    "burn_in_quanta", "generator",
)  # fmt: skip
NAME_LENGTH: Final = 200
ARM_LENGTH: Final = 80
GUARDS_MOST: Final = 20
CONFIGURATION_BYTES: Final = 16_384
BURN_IN_SAID: Final = "a whole number of quanta from 0 to 1,000,000 is accepted"
NEEDS_REFERENCE: Final = "reference-thompson"
OWN_SUMS: Final = (IMPRESSION, UNIT)
"""Names under which the platform sums what it counts itself: an outcome of such a name would be added to it."""


@dataclass(frozen=True)
class NewBandit:
    """A request whose values fit together."""

    definition: Definition
    arms: dict[str, Configuration]


class _Reader:
    """Reads fields and collects what is wrong with them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def refuse(self, field: str, said: str, fits: float | None = None) -> None:
        """Notes a problem."""
        self.problems.append(Problem(field, said, fits))

    def number(self, field: str, default: float, low: float, high: float, said: str) -> float:
        """A finite number within bounds."""
        value = self.document.get(field, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.refuse(field, said, default)
            return default
        return float(value)

    def name(self, field: str, default: str | None, longest: int) -> str:
        """A visible text."""
        value = self.document.get(field, default)
        if not is_name(value, longest):
            self.refuse(field, f"a name of 1 to {longest} visible characters is accepted")
            return default or "?"
        return str(value)


def read_bandit(document: Any, *, salt: str) -> NewBandit:
    """The bandit that a JSON document asks for.

    Args:
        salt: the salt of its groups.

    Raises:
        Incoherent: with every problem that was found.
    """
    if not isinstance(document, dict):
        raise Incoherent([Problem("body", "the body must be a JSON object with the fields of a bandit")])
    reader = _Reader({name: value for name, value in document.items() if value is not None})
    for name in reader.document:
        if name not in FIELDS:
            reader.refuse(str(name)[:80], f"not a field of a bandit; there are {', '.join(FIELDS)}")
    arms = _arms(reader)
    share, served = _reference(reader)
    definition = Definition(
        id=token_hex(4),
        name=reader.name("name", None, NAME_LENGTH),
        policy=reader.document.get("policy", ""),
        parameters=_parameters(reader, share),
        quantum_ms=round(
            1_000 * reader.number("quantum_s", 10, 1, 86_400, "from 1 to 86,400 seconds are accepted")
        ),
        objective=_objective(reader),
        guards=_guards(reader),
        attribution_ms=round(
            1_000
            * reader.number("attribution_s", 3_600, 1, 2_592_000, "from 1 to 2,592,000 seconds are accepted")
        ),
        least_share=reader.number("least_share", 0, 0, 1 / max(1, len(arms)), _share_said(len(arms))),
        burn_in_quanta=_burn_in(reader),
        reference_share=share,
        reference_configuration=served,
        salt=salt,
        secret=token_bytes(32),
        generator=read_generator(reader.document.get("generator"), arms, reader.refuse),
    )
    if reader.problems:
        raise Incoherent(reader.problems)
    return NewBandit(definition, arms)


def read_arm(
    document: Any, active: int, is_known: Callable[[str], bool], generator: Mapping[str, Any] | None = None
) -> tuple[str, Configuration]:
    """The arm that a JSON document asks for.

    Args:
        active: how many arms are active.
        is_known: whether an arm has or had a name.
        generator: breeds from the arm later, if there is one.

    Raises:
        Incoherent: with every problem that was found.
    """
    reader = _Reader({})
    found = _arm(reader, document, "", is_known)
    if active >= ARMS_MOST:
        reader.refuse("name", f"a bandit has at most {ARMS_MOST} active arms; retire one first")
    if found is not None and generator and (said := misfit(found[1], generator)):
        reader.refuse("configuration", f"the arm {said}")
    if reader.problems or found is None:
        raise Incoherent(reader.problems)
    return found


def _objective(reader: _Reader) -> str:
    name = reader.name("objective", "contact", ARM_LENGTH)
    if name in OWN_SUMS:
        reader.refuse("objective", f"{name!r} is counted by the platform itself; name an outcome")
    return name


def _burn_in(reader: _Reader) -> int:
    value = reader.number("burn_in_quanta", 0, 0, 1e6, BURN_IN_SAID)
    if value != int(value):
        reader.refuse("burn_in_quanta", BURN_IN_SAID, 0)
    return int(value)


def _arms(reader: _Reader) -> dict[str, Configuration]:
    wanted = reader.document.get("arms")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= ARMS_MOST:
        reader.refuse(
            "arms", f'1 to {ARMS_MOST} arms are accepted: [{{"name": ..., "configuration": {{...}}}}]'
        )
        return {}
    found: dict[str, Configuration] = {}
    for number, one in enumerate(wanted):
        arm = _arm(reader, one, f"arms[{number}].", found.__contains__)
        if arm is not None:
            found[arm[0]] = arm[1]
    return found


def _arm(
    reader: _Reader, document: Any, where: str, is_known: Callable[[str], bool]
) -> tuple[str, Configuration] | None:
    if not isinstance(document, dict):
        reader.refuse(where.rstrip(".") or "body", "an object with name and configuration is accepted")
        return None
    name = document.get("name")
    for field in document:
        if field not in ("name", "configuration"):
            reader.refuse(f"{where}{str(field)[:80]}", "an arm has name and configuration")
    if not is_name(name, ARM_LENGTH) or name == REFERENCE_ARM:
        reader.refuse(
            f"{where}name", f"a name of 1 to {ARM_LENGTH} visible characters, not {REFERENCE_ARM!r}"
        )
    elif is_known(str(name)):
        reader.refuse(f"{where}name", f"{name!r} is or was an arm of this bandit; choose another name")
    configuration = _configuration(reader, document.get("configuration"), f"{where}configuration")
    return None if configuration is None else (str(name), configuration)


def _configuration(reader: _Reader, value: Any, where: str) -> Configuration | None:
    if not isinstance(value, dict) or not value:
        reader.refuse(where, 'an object with at least one field is accepted, such as {"weight": 10}')
        return None
    if len(msgspec.json.encode(value)) > CONFIGURATION_BYTES:
        reader.refuse(where, f"at most {CONFIGURATION_BYTES:,} bytes are accepted")
        return None
    return value


def _reference(reader: _Reader) -> tuple[float, Configuration]:
    wanted = reader.document.get("reference")
    if wanted is None:
        if reader.document.get("policy") == NEEDS_REFERENCE:
            said = f'{NEEDS_REFERENCE} needs {{"share": 0.15, "configuration": {{...}}}}'
            reader.refuse("reference", said)
        return 0.0, {}
    if not isinstance(wanted, dict):
        reader.refuse("reference", "an object with share and configuration is accepted")
        return 0.0, {}
    share = _share(wanted.get("share"))
    if share is None:
        reader.refuse("reference.share", "a part of the units between 0.0001 and 0.9999 is accepted", 0.15)
    served = _configuration(reader, wanted.get("configuration"), "reference.configuration")
    return share or 0.0, served or {}


def _share(value: Any) -> float | None:
    """A share of the units between 0.0001 and 0.9999; groups are drawn in steps of 1/10,000."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        return None
    return float(value) if 0 < round(value * 10_000) < 10_000 else None


def _parameters(reader: _Reader, share: float) -> dict[str, Any]:
    policy, wanted = reader.document.get("policy"), reader.document.get("parameters", {})
    if policy is None:
        reader.refuse("policy", f"policy is missing; there are {', '.join(POLICIES)}")
        return {}
    if not isinstance(wanted, dict):
        reader.refuse("parameters", "an object of the policy's parameters is accepted")
        return {}
    if policy == NEEDS_REFERENCE:
        if "reference_share" in wanted:
            reader.refuse("parameters.reference_share", "set reference.share instead")
        wanted = {**wanted, "reference_share": share or 0.5}
    try:
        return make_policy(policy, wanted).parameters()
    except PolicyError as error:
        field = "policy" if error.field == "policy" else f"parameters.{error.field}"
        reader.refuse(field, str(error))
        return {}


def _guards(reader: _Reader) -> tuple[str, ...]:
    wanted = reader.document.get("guards", [])
    if (
        not isinstance(wanted, list)
        or len(wanted) > GUARDS_MOST
        or not all(is_name(name, ARM_LENGTH) for name in wanted)
    ):
        reader.refuse("guards", f"at most {GUARDS_MOST} names of outcomes are accepted")
        return ()
    if own := [name for name in wanted if name in OWN_SUMS]:
        reader.refuse("guards", f"{own[0]!r} is counted by the platform itself; name an outcome")
    if reader.document.get("objective", "contact") in wanted:
        reader.refuse("guards", "the objective is no guard: what is raised cannot watch over itself")
    if len(set(wanted)) < len(wanted):
        reader.refuse("guards", "each outcome once")
    return tuple(wanted)


def _share_said(arms: int) -> str:
    return f"a probability from 0 to 1/{max(1, arms)} is accepted with {arms} arms"
