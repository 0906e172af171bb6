"""Records that cannot be read, one of every kind, and oddities that must be read all the same."""

import json
from typing import NamedTuple

from liftstream.contracts.features import PRODUCTS


class Poison(NamedTuple):
    """One kind of unreadable record."""

    what: str
    value: bytes | None


POISON = [
    Poison("not JSON", b"not json at all"),
    Poison("single quotes", b"{'uuid': 1, 'age': 40, 'man': 1, 'woman': 0, 'products': {}}"),
    Poison("null", b"null"),
    Poison("no value", None),
    Poison("empty", b""),
    Poison("a list", b"[1, 2, 3]"),
    Poison("cut short", b'{"uuid": 1, "age": 40, "products": {"cat0": 1'),
    Poison("missing fields", b'{"uuid": 1}'),
    Poison("no uuid", b'{"age": 40, "man": 1, "woman": 0, "products": {}}'),
    Poison(
        "uuid text that is not digits", b'{"uuid": "4o4", "age": 40, "man": 1, "woman": 0, "products": {}}'
    ),
    Poison("uuid beyond 64 bits", b'{"uuid": 99999999999999999999, "age": 40, "man": 1, "products": {}}'),
    Poison("uuid with a fraction", b'{"uuid": 1.5, "age": 40, "man": 1, "woman": 0, "products": {}}'),
    Poison("NaN", b'{"uuid": 1, "age": NaN, "man": 1, "woman": 0, "products": {"cat0": NaN}}'),
    Poison("infinity", b'{"uuid": 1, "age": 1e999, "man": 1, "woman": 0, "products": {"cat0": 1e999}}'),
    Poison("UTF-16", '{"uuid": 1, "age": 40}'.encode("utf-16")),
    Poison("Latin-1", '{"uuid": 1, "név": "ő", "age": 40}'.encode("latin2")),
    Poison("a byte order mark", b'\xef\xbb\xbf{"uuid": 1, "age": 40, "man": 1, "woman": 0, "products": {}}'),
    Poison("zero bytes", b"\0" * 64),
    Poison("deep nesting", b"[" * 20_000),
]
TOO_LARGE = Poison("5 MB", b"x" * 5_000_000)


def odd_halves(uuid: int) -> tuple[list[bytes], list[bytes]]:
    """Halves that are read although they are written oddly; each pair of them is one of the same client.

    Duplicate keys take their last value, digits as text are a uuid, missing products are 0, unknown ones are ignored.
    """
    demographic = [
        b'{"uuid":%d,"age":7,"age":40,"man":1,"woman":0}' % uuid,
        b'{"uuid":"%d","age":40,"man":1,"woman":0}' % uuid,
        b'{"uuid":%d,"age":40.0,"woman":0}' % uuid,
        b'\n {"uuid" : %d , "age" : 40, "man" : 1, "woman" : 0, "since" : "\\u00e9"} ' % uuid,
    ]
    historic = [
        b'{"uuid":%d,"products":{"cat0":1,"cat0":0}}' % uuid,
        b'{"uuid":%d,"products":{"unheard_of":1}}' % uuid,
        b'{"uuid":"%d","products":{}}' % uuid,
        json.dumps({"uuid": uuid, "products": dict.fromkeys(PRODUCTS, 0)}).encode(),
    ]
    return demographic, historic
