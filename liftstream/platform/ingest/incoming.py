"""Records from Kafka: their meaning, or why they cannot be used. Other programs write them, so nothing is trusted."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from liftstream.contracts.messages import PRINTABLE, UUID_MAX, UUID_MIN, ClientId
from liftstream.streams.definition import IdType

LONGEST = 4_096
"""Longest record, in bytes; the longest honest one has about 150."""
SESSION_LENGTH = 200
MONEY_MOST = 1e9
"""Most money of a session, $, spent or paid back."""
SHOWN = 1_000
"""Characters of a refused record that are kept."""

ID_LENGTH = 200
UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
ID_TYPES: Final[dict[IdType, Any]] = {
    "integer": Annotated[int, Meta(ge=UUID_MIN, le=UUID_MAX)],
    "text": Annotated[str, Meta(min_length=1, max_length=ID_LENGTH, pattern=PRINTABLE)],
    "uuid": Annotated[str, Meta(max_length=36, pattern=rf"^{UUID}\Z")],
}
"""What the `uuid` of a record may be, by PLATFORM__ID_TYPE."""
SessionName = Annotated[str, Meta(min_length=1, max_length=SESSION_LENGTH, pattern=PRINTABLE)]


class OpenedSession(msgspec.Struct):
    """A record of `topic_session`."""

    uuid: ClientId
    session: SessionName


class Known(msgspec.Struct):
    """A record of `topic_demographic`."""

    uuid: ClientId
    age: float
    man: float
    woman: float


class CandidateAnswer(msgspec.Struct):
    """A record of `topic_student_prediction`; the value is checked last, so it may be anything here."""

    uuid: ClientId
    value: Any
    token: Annotated[str, Meta(max_length=SHOWN)]


class Money(msgspec.Struct):
    """A record of `topic_revenue`."""

    uuid: ClientId
    session: SessionName
    revenue: Annotated[float, Meta(ge=-MONEY_MOST, le=MONEY_MOST)]
    revision: Annotated[int, Meta(ge=0, le=UUID_MAX)] = 0


RECORDS: Final[dict[str, type[msgspec.Struct]]] = {
    "session": OpenedSession,
    "demographic": Known,
    "prediction": CandidateAnswer,
    "revenue": Money,
}
KINDS = tuple(RECORDS)


class IncomingReader:
    """Reads records whose clients have ids of one type."""

    def __init__(self, id_type: IdType = "integer") -> None:
        self._lower = id_type == "uuid"
        self._decoders: dict[str, Callable[[bytes], Any]] = {
            kind: msgspec.json.Decoder(
                msgspec.defstruct(
                    record.__name__, [("uuid", ID_TYPES[id_type])], bases=(record,), kw_only=True
                )
            ).decode
            for kind, record in RECORDS.items()
        }

    def read(self, kind: str, value: bytes | None) -> Any:
        """The record of a topic; a UUID is in lower case, so that it is one client however it is written.

        Raises:
            ValueError: it cannot be used; the message says why and quotes nothing of it.
        """
        record = read_record(value, self._decoders[kind])
        if self._lower:
            record.uuid = record.uuid.lower()
        return record


def read_record(value: bytes | None, decode: Callable[[bytes], Any]) -> Any:
    """The record that a value holds.

    Raises:
        ValueError: it cannot be used; the message says why and quotes nothing of it.
    """
    if value is None:
        raise ValueError("a record without a value")
    if len(value) > LONGEST:
        raise ValueError(f"{len(value):,} bytes; at most {LONGEST:,} are read")
    try:
        return decode(value)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_id(text: str, id_type: IdType) -> ClientId | None:
    """The client with this id; None if the text cannot be an id."""
    if id_type == "integer":
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
            return None
        uuid = int(text)
        return uuid if UUID_MIN <= uuid <= UUID_MAX else None
    if id_type == "uuid":
        return text.lower() if re.fullmatch(UUID, text) else None
    return text if 0 < len(text) <= ID_LENGTH else None


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
