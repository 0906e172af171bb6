"""PlanOut's SHA-1 draw, for experiments that were assigned by it (Bakshy, Eckles & Bernstein 2014)."""

import hashlib

from liftstream.experiment.arguments import whole

SCALE = float(0xFFFFFFFFFFFFFFF)


def planout_hash(salt: str, parameter: str, unit: int | str) -> int:
    """First 15 hexadecimal digits of SHA-1 over `salt.parameter.unit`."""
    text = f"{salt}.{parameter}.{unit}".encode()
    return int(hashlib.sha1(text, usedforsecurity=False).hexdigest()[:15], 16)


def planout_uniform(salt: str, parameter: str, unit: int | str) -> float:
    """The draw in 0..1."""
    return planout_hash(salt, parameter, unit) / SCALE


def planout_choice(salt: str, parameter: str, unit: int | str, choices: int) -> int:
    """The draw among equally likely choices, from 0."""
    return planout_hash(salt, parameter, unit) % whole("choices", choices, 1)
