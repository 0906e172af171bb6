"""Chooses the model that serves a user by a salted hash, so the same user gets the same model as long as the
test runs."""

import math
from collections.abc import Mapping, Sequence

from liftstream.contracts.errors import SettingsError
from liftstream.experiment import Check, check_sample_ratio, draw_arm

SETTING = "SPENDING__SPLIT"
ACCEPTED = "accepted are at least two models with shares that sum to 1, for example A=0.5,B=0.5"

Split = Mapping[str, float]


def read_split(text: str, models: Sequence[str]) -> Split:
    """The share of each model.

    >>> read_split("A=0.8,B=0.2", ["A", "B", "C"])
    {'A': 0.8, 'B': 0.2}

    Raises:
        SettingsError: it is no split of these models.
    """
    pairs = [part.partition("=") for part in text.split(",")]
    names = [name.strip() for name, _, _ in pairs]
    if unknown := [name for name in names if name not in models]:
        raise SettingsError(
            f"{SETTING}: there is no model {unknown[0]!r}; models are {', '.join(models)}; {ACCEPTED}"
        )
    try:
        shares = [float(share) for _, _, share in pairs]
    except ValueError:
        raise SettingsError(f"{SETTING}: {text!r}: {ACCEPTED}") from None
    fits = all(0 < share < 1 for share in shares) and math.isclose(sum(shares), 1, abs_tol=1e-6)
    if len(set(names)) != len(names) or len(names) < 2 or not fits:
        raise SettingsError(f"{SETTING}: {text!r}: {ACCEPTED}")
    return dict(zip(names, shares, strict=True))


def serving(users: Sequence[str], salt: str, split: Split) -> list[str]:
    """The model that serves each user."""
    return [draw_arm(user, salt, split) or next(iter(split)) for user in users]


def check_split(users: Mapping[str, int], split: Split) -> Check:
    """Whether as many users are served by each model as was planned."""
    return check_sample_ratio({name: users.get(name, 0) for name in split}, split)
