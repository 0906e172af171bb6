"""What the keys of records say that are not text: bytes of an integer, Avro, JSON."""

import json

from liftstream.streams.definition import KeyForm
from liftstream.streams.formats.framing import HEAD, MAGIC, read_zigzag, schema_id_of

INTEGER_BYTES = (4, 8)
WITH_SCHEMA = {"schema", "payload"}
"""The fields of a value of Kafka Connect's JsonConverter with schemas.enable."""


def key_value(key: bytes, form: KeyForm) -> object:
    """The value of a key in any form but text; no schema is needed for a single value.

    Raises:
        ValueError: it has none; the message continues "the key".
    """
    if form == "big-endian":
        if len(key) not in INTEGER_BYTES:
            raise ValueError("is no integer of 4 or 8 bytes")
        return int.from_bytes(key, "big", signed=True)
    return _avro_value(key) if form == "avro" else _json_value(key)


def _avro_value(key: bytes) -> int | str:
    """An integer or text of Avro, behind a schema's id; a record of one such field has the same bytes."""
    try:
        schema_id_of(key)
        number, at = read_zigzag(key, HEAD.size)
        if at == len(key):
            return number
        if at + number == len(key):
            return key[at:].decode()
    except ValueError:
        pass
    raise ValueError("is no single integer or text in Avro behind a schema's id")


def _json_value(key: bytes) -> object:
    """A value in JSON, that of an object of one field, behind a schema's id or beside its schema, as Kafka Connect
    writes it."""
    try:
        found: object = json.loads(key[HEAD.size :] if key[:1] == bytes([MAGIC]) else key)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    if isinstance(found, dict) and found.keys() == WITH_SCHEMA:
        found = found["payload"]
    if not isinstance(found, dict):
        return found
    if len(found) != 1:
        raise ValueError(f"is an object of {len(found)} fields; an id is one value")
    return next(iter(found.values()))
