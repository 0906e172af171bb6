"""What a record says, read with care: every leniency and every reason for `invalid`, one record at a time.

Slow and exact (the standard library's parser, which can be asked for duplicated keys); `decoding.py` is the fast way for
records that are as they should be, and sends all others here.
"""

import json
import math
from collections import Counter
from typing import Any

from liftstream.contracts.features import AGE_MAX, AGE_MIN, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from pipeline.records.feature_rows import pack

MAX_BODY = 64 * 1024
SHOWN = 60
KNOWN = frozenset(PRODUCTS)
DUPLICATED, CONTRADICTION, UNKNOWN_PRODUCT = "duplicated_key", "contradiction", "unknown_product"
ODDITIES = (DUPLICATED, CONTRADICTION, UNKNOWN_PRODUCT)
"""What is accepted and counted."""


class Unreadable(ValueError):
    """A record that is `invalid`; the message is its detail."""


def read_demographic(value: bytes | None, oddities: Counter[str]) -> tuple[int, bytes]:
    """uuid and packed (age, man, woman) of a record of the demographic topic.

    Raises:
        Unreadable: it is `invalid`.
    """
    record = _read_object(value, oddities)
    uuid, age, woman = _uuid(record), _age(record), _woman(record, oddities)
    return uuid, pack((age, 1 - woman, woman))


def read_historic(value: bytes | None, oddities: Counter[str]) -> tuple[int, bytes]:
    """uuid and packed products of a record of the historic topic; a missing product is 0.

    Raises:
        Unreadable: it is `invalid`.
    """
    record = _read_object(value, oddities)
    uuid = _uuid(record)
    products = record.get("products")
    if not isinstance(products, dict):
        raise Unreadable("products missing" if "products" not in record else "products is not an object")
    for name, amount in products.items():
        if not _is_number(amount):
            raise Unreadable(f"product {_show(name)} is not a finite number: {_show(amount)}")
    oddities[UNKNOWN_PRODUCT] += len(products.keys() - KNOWN)
    return uuid, pack([products.get(name, 0) for name in PRODUCTS])


def _read_object(value: bytes | None, oddities: Counter[str]) -> dict[str, Any]:
    if not value:
        raise Unreadable("an empty value")
    if len(value) > MAX_BODY:
        raise Unreadable(f"a body of {len(value)} bytes; at most {MAX_BODY} are read")
    duplicated = 0

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicated
        found = dict(pairs)
        duplicated += len(pairs) - len(found)
        return found

    try:
        record = json.loads(value.decode(), object_pairs_hook=collect, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise Unreadable("not JSON: the bytes are not UTF-8") from None
    except RecursionError:
        raise Unreadable("not JSON that can be read: nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise Unreadable(f"not an object: {_show(record)}")
    oddities[DUPLICATED] += duplicated
    return record


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _uuid(record: dict[str, Any]) -> int:
    if "uuid" not in record:
        raise Unreadable("uuid missing")
    found = record["uuid"]
    if isinstance(found, str):
        if not (found.isascii() and found.isdigit()):
            raise Unreadable(f"uuid is text that is not digits: {_show(found)}")
        found = int(found) if len(found) <= 40 else UUID_MAX + 1
    if isinstance(found, bool) or not isinstance(found, int):
        raise Unreadable(f"uuid is not an integer: {_show(found)}")
    if not UUID_MIN <= found <= UUID_MAX:
        raise Unreadable(f"uuid out of range: {_show(found)}; it has 64 bits")
    return found


def _age(record: dict[str, Any]) -> float:
    age: Any = record.get("age")
    if not _is_number(age):
        raise Unreadable("age missing" if "age" not in record else f"age is not a number: {_show(age)}")
    if not AGE_MIN <= age <= AGE_MAX:
        raise Unreadable(f"age {_show(age)} is not within {AGE_MIN} to {AGE_MAX}")
    return int(age) if age == int(age) else float(age)


def _woman(record: dict[str, Any], oddities: Counter[str]) -> int:
    """1 or 0; `woman` decides, `man` where it is missing, and a contradiction between them is counted."""
    man, woman = _bit(record, "man"), _bit(record, "woman")
    if man is None and woman is None:
        raise Unreadable("man and woman are both missing or not a number")
    if woman is None:
        return 1 - (man or 0)
    oddities[CONTRADICTION] += man is not None and man == woman
    return woman


def _bit(record: dict[str, Any], name: str) -> int | None:
    found: Any = record.get(name)
    if not _is_number(found):
        return None
    if found not in (0, 1):
        raise Unreadable(f"{name} is {_show(found)}; it is 0 or 1")
    return int(found)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False


def _show(value: Any) -> str:
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a whole number of more than 4300 digits, or a nest
        return "…"
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
