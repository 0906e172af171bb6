"""Ids of records: read from a field or the key, compared by value, and written in an answer as they came."""

import re
from typing import Any, Final, TypeAlias

from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.streams.definition import IdType, KeyForm
from liftstream.streams.formats.framing import HEAD, MAGIC
from liftstream.streams.formats.keys import INTEGER_BYTES, key_value
from liftstream.streams.unreadable import Unreadable, show

Id: TypeAlias = int | str
"""An integer of 64 bits; or a text, or a uuid in lower case, which may be a `Uuid`."""

KEY: Final = "the key"
MOST_DIGITS: Final = 40
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HIGHEST_BYTES: Final = (0x00, 0xFF)
"""The first byte of most integers; no text of digits begins with one of them."""
DIGITS: Final = re.compile(rb"-?[0-9]+")


class Uuid(str):
    """A uuid in lower case whose record has upper-case letters.

    Args:
        written: as the record has it.
    """

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> "Uuid":
        found = super().__new__(cls, written.lower())
        found.written = written
        return found


def uuid_of(written: str) -> str:
    """A uuid as it is compared, whatever the case of its letters."""
    return written if written == written.lower() else Uuid(written)


def as_written(found: Id) -> Id:
    """An id as its record has it."""
    return found.written if type(found) is Uuid else found


def read_id(value: Any, kind: IdType, name: str) -> Id:
    """The id that a field says.

    Args:
        value: of the field.
        kind: of id.
        name: of the field, for details.

    Raises:
        Unreadable: it says none.
    """
    if kind == "integer":
        return _integer(value, name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not text: {show(value)}", name, "type")
    if kind == "uuid":
        return _uuid(value, name)
    if not value or not is_unicode(value):
        raise Unreadable(f"{name} is no text that can be an id: {show(value)}", name, "value")
    return value


def read_key(key: bytes | None, kind: IdType, form: KeyForm = "text") -> Id:
    """The id that a record's key says: text in UTF-8, or a value in another form (`IdSource`).

    Raises:
        Unreadable: it says none.
    """
    if key is None:
        raise Unreadable(f"{KEY} missing", KEY, "missing")
    if form != "text":
        return read_id(_value_of(key, form), kind, KEY)
    if kind == "integer" and len(key) in INTEGER_BYTES and key[0] in HIGHEST_BYTES:
        raise Unreadable(
            f"{KEY} is no text: {show(key)}; bytes of an integer need key: big-endian", KEY, "type"
        )
    if kind == "integer" and DIGITS.fullmatch(key) and len(key) <= MOST_DIGITS:
        return _bounded(int(key), KEY)
    if len(key) > HEAD.size and key[0] == MAGIC:
        raise Unreadable(
            f"{KEY} is no text: {show(key)}; behind a schema's id it needs key: avro or key: json",
            KEY,
            "type",
        )
    try:
        text = key.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{KEY} is not text in UTF-8: {show(key)}", KEY, "type") from None
    return read_id(text, kind, KEY)


def _value_of(key: bytes, form: KeyForm) -> object:
    try:
        return key_value(key, form)
    except ValueError as error:
        raise Unreadable(f"{KEY} {error}: {show(key)}", KEY, "type") from None


def to_key(found: Id) -> bytes:
    """An id as the key of a record; a uuid in lower case."""
    return str(found).encode()


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded: JSON may contain half a surrogate pair, which is not a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(value: Any, name: str) -> int:
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            raise Unreadable(f"{name} is text that is not digits: {show(value)}", name, "type")
        value = int(value) if len(value) <= MOST_DIGITS else UUID_MAX + 1
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is not an integer: {show(value)}", name, "type")
    return _bounded(value, name)


def _bounded(value: int, name: str) -> int:
    if not UUID_MIN <= value <= UUID_MAX:
        raise Unreadable(f"{name} out of range: {show(value)}; it has 64 bits", name, "value")
    return value


def _uuid(value: str, name: str) -> str:
    if not UUID.fullmatch(value):
        raise Unreadable(
            f"{name} is no uuid of 36 letters like 6f1e0a52-4f0b-4c57-9d2e-0c5f8f2b9a11: {show(value)}",
            name,
            "value",
        )
    return uuid_of(value)
