"""Records from Kafka, read: what was meant, or why it cannot be used. Strangers write there, so nothing is trusted."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from liftstream.contracts.messages import UUID_MAX, UUID_MIN

LONGEST = 4_096
"""Bytes of a record; the longest honest one has about 150."""
SESSION_LENGTH = 200
MONEY_MOST = 1e9
"""$ in a session, either way."""
SHOWN = 1_000
"""Characters of a refused record that are kept."""

Uuid = Annotated[int, Meta(ge=UUID_MIN, le=UUID_MAX)]
SessionName = Annotated[str, Meta(min_length=1, max_length=SESSION_LENGTH, pattern=r"^[^\x00-\x1f\x7f]*$")]


class OpenedSession(msgspec.Struct):
    """From `topic_session`."""

    uuid: Uuid
    session: SessionName


class Known(msgspec.Struct):
    """From `topic_demographic`."""

    uuid: Uuid
    age: float
    man: float
    woman: float


class CandidateAnswer(msgspec.Struct):
    """From `topic_student_prediction`; the value is judged last, so it may be anything here."""

    uuid: Uuid
    value: Any
    token: Annotated[str, Meta(max_length=SHOWN)]


class Money(msgspec.Struct):
    """From `topic_revenue`."""

    uuid: Uuid
    session: SessionName
    revenue: Annotated[float, Meta(ge=-MONEY_MOST, le=MONEY_MOST)]
    revision: Annotated[int, Meta(ge=0, le=UUID_MAX)] = 0


DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "session": msgspec.json.Decoder(OpenedSession),
    "demographic": msgspec.json.Decoder(Known),
    "prediction": msgspec.json.Decoder(CandidateAnswer),
    "revenue": msgspec.json.Decoder(Money),
}
KINDS = tuple(DECODERS)


def read(kind: str, value: bytes | None) -> Any:
    """The record of a topic.

    Raises:
        ValueError: it cannot be used; the message says why and quotes nothing of it.
    """
    if value is None:
        raise ValueError("a record without a value")
    if len(value) > LONGEST:
        raise ValueError(f"{len(value):,} bytes; at most {LONGEST:,} are read")
    try:
        return DECODERS[kind].decode(value)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def shown(kind: str, value: bytes | None) -> str:
    """A refused record as it may be kept: cut, printable, and without whatever may be a token."""
    if value is None:
        return ""
    text = value[:LONGEST].decode("utf-8", "backslashreplace")
    if kind == "prediction":
        text = _without_token(text)
    return "".join(c if c.isprintable() else " " for c in text)[:SHOWN]


def _without_token(text: str) -> str:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return f"({len(text):,} characters, not shown: a token may be among them)"
    if not isinstance(fields, dict):
        return f"(not an object: {type(fields).__name__})"
    kept = {name: _short(fields[name]) for name in ("uuid", "value") if name in fields}
    return msgspec.json.encode(kept).decode() + (" and a token" if "token" in fields else "")


def _short(value: Any) -> Any:
    return value if isinstance(value, int | float | None) else f"({type(value).__name__})"
