"""The wire format: a zero byte, the schema's id in four bytes, for Protobuf the index of the message, then the
value."""

import struct
from typing import Final

MAGIC: Final = 0
HEAD: Final = struct.Struct(">BI")
DEEPEST_MESSAGE: Final = 32
"""Messages within messages of a Protobuf schema."""


class FramingError(ValueError):
    """Bytes that are not of the wire format; the message says why."""


def schema_id_of(value: bytes) -> int:
    """The schema's id.

    Raises:
        FramingError: no id is there.
    """
    if len(value) < HEAD.size:
        raise FramingError(
            f"{len(value)} bytes; a record of a schema registry begins with five before its value"
        )
    magic, schema_id = HEAD.unpack_from(value)
    if magic != MAGIC:
        raise FramingError(f"the first byte is {magic}, not 0: no record of a schema registry")
    return int(schema_id)


def message_of(value: bytes) -> tuple[tuple[int, ...], int]:
    """Which message of its schema a Protobuf record is, from the outside in, and where its value begins.

    Raises:
        FramingError: no place is there.
    """
    count, at = read_zigzag(value, HEAD.size)
    if count == 0:
        return (0,), at
    if not 0 < count <= DEEPEST_MESSAGE:
        raise FramingError(f"names a message by {count} numbers; 1 to {DEEPEST_MESSAGE} are accepted")
    places = []
    for _ in range(count):
        place, at = read_zigzag(value, at)
        places.append(place)
    return tuple(places), at


def read_zigzag(value: bytes, at: int) -> tuple[int, int]:
    """A number of up to 64 bits, and where what follows it begins.

    Raises:
        FramingError: none is there.
    """
    number = shift = 0
    while shift < 70:
        if at >= len(value):
            raise FramingError("ends before it says which message it is")
        byte = value[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7
    raise FramingError("the number of its message is too long")
