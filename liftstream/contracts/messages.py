"""The records on the topics, as written; `docs/messages.md` shows one of each.

Reading what strangers wrote is the business of the reader, which is more lenient than these types.
"""

from typing import Final, TypeAlias

import msgspec

NOT_JSON: Final = ValueError, RecursionError
"""What msgspec raises for bytes that are not the JSON that is meant: its own errors, which are ValueErrors, as is Python's of a
text that is not UTF-8; and for a nest that is too deep."""

UUID_MIN = -(2**63)
UUID_MAX = 2**63 - 1
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*\Z"
"""Text without control characters: PostgreSQL keeps no NUL, and a log or a terminal none of them."""
PRINTABLE_IN_QUERY: Final = PRINTABLE.replace(r"\Z", "$")
"""The same for pydantic, whose expressions have no \\Z."""

ClientId: TypeAlias = int | str
"""The id of a client: in the task's messages a whole number of 64 bits; elsewhere it may be a text or a UUID."""


class Session(msgspec.Struct, frozen=True):
    """The shop opens a session for a client."""

    uuid: int
    session: str
    opened_ms: int


class Demographic(msgspec.Struct, frozen=True):
    """Age and sex of the client of a session."""

    uuid: int
    age: int
    man: int
    woman: int


class Historic(msgspec.Struct, frozen=True):
    """What the client of a session bought before: 0 or 1 by product name."""

    uuid: int
    products: dict[str, int]


class Prediction(msgspec.Struct, frozen=True):
    """The candidate's decision for a client: show the category (1) or not (0)."""

    uuid: int
    value: int
    token: str


class Decision(msgspec.Struct, frozen=True):
    """The decision for a session, and whether the arm's system answered in time."""

    uuid: ClientId
    session: str
    experiment: str
    arm: str
    value: int
    answered: bool


class Revenue(msgspec.Struct, frozen=True):
    """Money spent in a session in $; a later revision replaces an earlier one."""

    uuid: int
    session: str
    revenue: float
    revision: int


encode = msgspec.json.Encoder().encode


def key_of(uuid: ClientId) -> bytes:
    """The Kafka key of every record of a client: the uuid as text."""
    return b"%d" % uuid if isinstance(uuid, int) else uuid.encode()
