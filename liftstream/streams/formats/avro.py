"""Avro values by a registered schema: dicts of numbers, texts, lists and dicts, as JSON would have them.

Dates and times of day are text in ISO form, decimals and UUIDs are numbers and text; timestamps stay numbers in the
unit of their schema. A union gives its value, an enumeration its text.
"""

import io
import json
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any, Final

from liftstream.streams.formats.avro_aliases import aliases_of
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit

OURS: Final = "liftstream-"
READ: Final = {"date", "time-millis", "time-micros", "decimal", "uuid"}
"""Logical types that are converted; values of others stay as they are stored."""
MOST_BYTES_NESTED: Final = 1_000
"""Longest record whose schema contains itself: the decoder's stack holds some 10,000 levels, and a level may be one
byte."""
FAULTS: Final = (
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    AttributeError,
    RecursionError,
)


def avro_reader(schema: RegisteredSchema) -> Callable[[bytes, int], Any]:
    """A function that decodes a record, given its bytes and where its value begins.

    Raises (the function):
        ValueError: the bytes are not of this schema.
    Raises:
        SchemaUnfit: records cannot be read by this schema.
    """
    import fastavro

    _register()
    known: dict[str, Any] = {}
    try:
        for one in schema.references:
            fastavro.parse_schema(_as_read(json.loads(one.text)), named_schemas=known)
        parsed = fastavro.parse_schema(_as_read(json.loads(schema.text)), named_schemas=known)
    except (fastavro.schema.SchemaParseException, *FAULTS) as error:
        raise SchemaUnfit(f"schema {schema.id} is no Avro schema that can be read: {_said(error)}") from None
    shape = _Shape(known)
    shape.look_at(parsed)
    if shape.endless:
        raise SchemaUnfit(
            f"schema {schema.id} has a list of values without bytes, so a short record could be endless"
        )
    most = MOST_BYTES_NESTED if shape.nested else None
    add_aliases = aliases_of(parsed, known)

    def read(value: bytes, start: int) -> Any:
        if most is not None and len(value) > most:
            raise ValueError(f"{len(value)} bytes of a schema that contains itself; at most {most} are read")
        stream = io.BytesIO(value)
        stream.seek(start)
        try:
            found = fastavro.schemaless_reader(stream, parsed, None)
        except FAULTS as error:
            raise ValueError(_said(error)) from None
        if stream.tell() != len(value):
            left = len(value) - stream.tell()
            raise ValueError("1 byte is left over" if left == 1 else f"{left} bytes are left over")
        if add_aliases is not None:
            add_aliases(found)
        return found

    return read


def _as_read(schema: Any) -> Any:
    """The schema with the logical types by our names, and without those that are left as they are stored."""
    if isinstance(schema, list):
        return [_as_read(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: _as_read(value) if name in {"type", "items", "values", "fields"} else value
        for name, value in schema.items()
    }
    logical = found.pop("logicalType", None)
    if logical in READ:
        found["logicalType"] = OURS + logical
    return found


def _register() -> None:
    """Tells fastavro how our logical types are read; its own stay as they are."""
    from fastavro.read import LOGICAL_READERS

    LOGICAL_READERS.update(
        {
            f"int-{OURS}date": _date,
            f"int-{OURS}time-millis": lambda number, *_: _time_of_day(number * 1_000),
            f"long-{OURS}time-micros": lambda number, *_: _time_of_day(number),
            f"bytes-{OURS}decimal": _decimal,
            f"fixed-{OURS}decimal": _decimal,
            f"string-{OURS}uuid": lambda text, *_: text,
            f"fixed-{OURS}uuid": _uuid,
        }
    )


def _date(days: int, *_: Any) -> str:
    from datetime import date

    return date.fromordinal(days + 719_163).isoformat()


def _time_of_day(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest).isoformat()


def _decimal(content: bytes, schema: Any, *_: Any) -> float:
    scale = int(schema.get("scale", 0))
    return float(int.from_bytes(content, "big", signed=True) / 10**scale)


def _uuid(content: bytes, *_: Any) -> str:
    from uuid import UUID

    return str(UUID(bytes=content))


class _Shape:
    """What is dangerous about a parsed schema.

    Attributes:
        nested: whether a type contains itself.
        endless: whether a list holds values that take no bytes.
    """

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known, self._inside = known, set[str]()
        self._empty = dict[str, bool]()  # of records that were looked at: those that many refer to are once
        self.nested = self.endless = False

    def look_at(self, schema: Any) -> bool:
        """Looks at a schema and those in it; whether a value of it may take no bytes."""
        if isinstance(schema, list):
            for one in schema:
                self.look_at(one)
            return False
        if isinstance(schema, str):
            if schema in self._known:
                return self.look_at(self._known[schema])
            return schema == "null"
        kind = schema["type"]
        if kind in {"record", "error"}:
            return self._look_at_record(schema)
        if kind in {"array", "map"}:
            empty = self.look_at(schema["items"] if kind == "array" else schema["values"])
            self.endless |= kind == "array" and empty
            return False
        if kind == "fixed":
            return bool(schema["size"] == 0)
        return False if kind == "enum" else self.look_at(kind)

    def _look_at_record(self, schema: Any) -> bool:
        name = schema["name"]
        if name in self._inside:
            self.nested = True
            return False
        if name in self._empty:
            return self._empty[name]
        self._inside.add(name)
        empty = [self.look_at(one["type"]) for one in schema["fields"]]
        self._inside.discard(name)
        self._empty[name] = all(empty)
        return self._empty[name]


def _said(error: BaseException) -> str:
    said = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
