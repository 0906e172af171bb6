"""Decision ids: texts that contain the decision, signed with a keyed hash, so feedback needs no table of decisions.

`<bandit>.<quantum>.<t or r>.<arm number>.<hash>`: one id for each group in each quantum. A reference decision names the
arm that the target group is served meanwhile, because both groups are compared within the quantum.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Final, NamedTuple

from liftstream.platform.bandits.running.definition import Group

HASH_BYTES: Final = 15
LONGEST: Final = 120
GROUPS: Final[dict[str, Group]] = {"t": "target", "r": "reference"}


class Decided(NamedTuple):
    """What a decision id says."""

    bandit: str
    quantum: int
    group: Group
    arm: int
    """Number of the arm that the target group is served in this quantum."""


def make_decision(decided: Decided, secret: bytes) -> str:
    """The id of a decision."""
    text = f"{decided.bandit}.{decided.quantum}.{decided.group[0]}.{decided.arm}"
    return f"{text}.{_hash(text, secret)}"


def bandit_of(decision: str) -> str:
    """The bandit that an id names, without believing it."""
    return decision.partition(".")[0]


@lru_cache(maxsize=10_000)
def read_decision(decision: str, secret: bytes) -> Decided | None:
    """What was decided; None for an id that was not made with this secret.

    Ids repeat for all units of a group in a quantum, so each is checked once.
    """
    text, _, found = decision.rpartition(".")
    parts = text.split(".")
    if len(decision) > LONGEST or len(parts) != 4 or not _is_hash(found, text, secret):
        return None
    bandit, quantum, group, arm = parts
    return Decided(bandit, int(quantum), GROUPS[group], int(arm))


def _is_hash(found: str, text: str, secret: bytes) -> bool:
    # as bytes: texts with letters beyond ASCII cannot be compared, and the input is not trusted
    return hmac.compare_digest(found.encode("utf-8", "surrogatepass"), _hash(text, secret).encode())


def _hash(text: str, secret: bytes) -> str:
    full = hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(full[:HASH_BYTES]).decode()
