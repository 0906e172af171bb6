"""What the pipeline puts aside: the reasons, and the JSON object that stands for one record."""

import base64
from typing import Final, Literal, get_args

import msgspec

Reason = Literal["timeout", "late", "duplicate", "invalid", "overflow", "ambiguous"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
TOPIC_PREFIX: Final = "topic:"

NO_SCORE: Final = "the model gives no score for this pair"
"""The detail of both halves of a pair that is `invalid` as a whole."""


def topic_of(place: str) -> str | None:
    """The topic that PIPELINE__SIDE_OUTPUT names; None: it is a folder."""
    return place.removeprefix(TOPIC_PREFIX) if place.startswith(TOPIC_PREFIX) else None


def alone_detail(reason: Reason, window_ms: int) -> str:
    """The detail of a half that is `late`, `duplicate` or a `timeout`.

    Args:
        reason: one of these three.
        window_ms: of the join.
    """
    window = f"{window_ms / 1000:g} s"
    details: dict[Reason, str] = {
        "late": f"more than {window} behind the watermark, and without a partner",
        "duplicate": "a newer half of this side came first",
        "timeout": f"no partner within {window}",
    }
    return details[reason]


class PutAside(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record that got no prediction, with its reason and where it stands in Kafka.

    `value` is the record as text; one that is not UTF-8 is in `value_base64` instead, a key that is not also in
    `key_base64`. A record without a value (a tombstone) or without a key has null there. `replayed` appears once
    `liftstream side-output replay` sent it again. `whole_bytes` appears where the value was too large for the side
    output's topic and only its beginning is here: so many bytes has the record, which can be read whole at its topic,
    partition and offset.
    """

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str | None
    value: str | msgspec.UnsetType | None = msgspec.UNSET
    value_base64: str | msgspec.UnsetType = msgspec.UNSET
    replayed: bool = False
    whole_bytes: int = 0
    key_base64: str | msgspec.UnsetType = msgspec.UNSET

    def key_bytes(self) -> bytes | None:
        """The record's key as it was read."""
        if self.key_base64 is not msgspec.UNSET:
            return base64.b64decode(self.key_base64)
        return None if self.key is None else self.key.encode()

    def value_bytes(self) -> bytes | None:
        """The record's value as it was read."""
        if self.value_base64 is not msgspec.UNSET:
            return base64.b64decode(self.value_base64)
        return self.value.encode() if isinstance(self.value, str) else None


def put_aside(
    reason: Reason,
    detail: str,
    topic: str,
    partition: int,
    offset: int,
    timestamp_ms: int,
    key: bytes | None,
    value: bytes | None,
) -> PutAside:
    """The object for a record; a key that is not UTF-8 is shown with backslashes, and in base64 beside it."""
    shown_key = None if key is None else key.decode("utf-8", "backslashreplace")
    place = (reason, detail, topic, partition, offset, timestamp_ms, shown_key)
    key_base64: str | msgspec.UnsetType = msgspec.UNSET
    if key is not None and shown_key is not None and shown_key.encode() != key:
        key_base64 = base64.b64encode(key).decode()
    try:
        return PutAside(*place, value=None if value is None else value.decode(), key_base64=key_base64)
    except UnicodeDecodeError:
        shown_value = base64.b64encode(value or b"").decode()
        return PutAside(*place, value_base64=shown_value, key_base64=key_base64)


encode_put_aside = msgspec.json.Encoder().encode


def fitted(record: PutAside, most: int) -> bytes:
    """The JSON of a record, with as much of its value as fits into `most` bytes."""
    line = encode_put_aside(record)
    kept = most
    while len(line) > most and kept:
        kept //= 2
        line = encode_put_aside(cut(record, kept))
    return line


def cut(record: PutAside, kept: int) -> PutAside:
    """A record cut to the first bytes of its value and, if it is long, of its key, as text only."""
    whole = record.value_bytes() or b""
    key = record.key
    if key is not None and len(key) > kept:
        record, key = msgspec.structs.replace(record, key_base64=msgspec.UNSET), key[:kept]
    if isinstance(record.value, str):
        shown = whole[:kept].decode(errors="ignore")
        return msgspec.structs.replace(record, key=key, value=shown, whole_bytes=len(whole))
    shown = base64.b64encode(whole[:kept]).decode()
    return msgspec.structs.replace(record, key=key, value_base64=shown, whole_bytes=len(whole))


decode_put_aside = msgspec.json.Decoder(PutAside).decode
