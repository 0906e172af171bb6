"""Protobuf values by a registered schema: dicts by field name, as JSON would have them, but whole numbers stay numbers.

A message, an `optional` or one of a `oneof` that is not set is absent; another field that is not set has its default.
An enumeration gives its name, or its number where the schema has no name for it. A Timestamp is microseconds since
1970, a wrapper (`DoubleValue` ...) the value in it.
"""

from base64 import b64decode
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from liftstream.contracts.errors import RegistryError
from liftstream.streams.formats.framing import message_of
from liftstream.streams.formats.proto_text import compile_proto
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit

WELL_KNOWN: Final = ("any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers")
"""Files of the standard that schemas import without their registry holding them."""
WRAPPED: Final = frozenset(
    f"google.protobuf.{kind}Value"
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)

Convert = Callable[[Any], Any]


def protobuf_reader(schema: RegisteredSchema) -> Callable[[bytes], Any]:
    """A function that decodes a record, given all of its bytes: they name the message of the schema.

    Raises (the function):
        ValueError: the bytes are not of this schema.
    Raises:
        SchemaUnfit: records cannot be read by this schema.
        RegistryError: nobody can tell now, because its text cannot be compiled on this machine.
    """
    from google.protobuf.message import DecodeError
    from google.protobuf.message_factory import GetMessageClass

    file = _file_of(schema)
    known: dict[tuple[int, ...], tuple[Any, Convert]] = {}

    def reader_of(places: tuple[int, ...]) -> tuple[Any, Convert]:
        message = _message_at(file, places, schema.id)
        return GetMessageClass(message), _Converters().of(message)

    def read(value: bytes) -> Any:
        places, start = message_of(value)
        if places not in known:
            known[places] = reader_of(places)
        parse, convert = known[places]
        try:
            return convert(parse.FromString(value[start:]))
        except DecodeError:
            raise ValueError("the bytes are not such a message") from None

    return read


def _file_of(schema: RegisteredSchema) -> Any:
    """The descriptor of the schema's file, in a pool of its own."""
    from google.protobuf.descriptor_pool import DescriptorPool

    pool, added = DescriptorPool(), set[str]()
    for name in WELL_KNOWN:
        known = import_module(f"google.protobuf.{name}_pb2").DESCRIPTOR
        pool.AddSerializedFile(known.serialized_pb)
        added.add(known.name)
    try:
        for proto in _protos_of(schema):
            if proto.name not in added:
                pool.Add(proto)
                added.add(proto.name)
        return pool.FindFileByName(_name_of(schema, schema))
    except OSError as error:
        raise RegistryError(
            f"the .proto of schema {schema.id} cannot be compiled here: {error}; see TMPDIR"
        ) from None
    except Exception as error:  # noqa: BLE001 - what the pool raises differs by its implementation
        said = " ".join(str(error).split())[:200]
        raise SchemaUnfit(f"schema {schema.id} is no Protobuf schema that can be read: {said}") from None


def _protos_of(schema: RegisteredSchema) -> list[Any]:
    """The descriptors of a schema and of what it refers to, each after what it refers to itself."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    every = (*schema.references, schema)
    if any(_is_text(one.text) for one in every):
        return compile_proto({_name_of(one, schema): one.text for one in every})
    found = []
    for one in every:
        proto = FileDescriptorProto.FromString(b64decode(one.text, validate=True))
        proto.name = _name_of(one, schema)
        found.append(proto)
    return found


def _name_of(one: RegisteredSchema, schema: RegisteredSchema) -> str:
    return one.name or f"schema-{schema.id}.proto"


def _is_text(text: str) -> bool:
    """Whether a schema is the text of a .proto file: no such text is base64, as it has a space, a brace or a
    semicolon."""
    return any(letter in text for letter in " {;")


def _message_at(file: Any, places: tuple[int, ...], schema_id: int) -> Any:
    """The descriptor of a message: its place in the file, then within the message there."""
    found: Any = None
    among = list(file.message_types_by_name.values())
    for place in places:
        if not 0 <= place < len(among):
            raise ValueError(f"schema {schema_id} has no message {list(places)}")
        found = among[place]
        among = list(found.nested_types)
    return found


class _Converters:
    """How messages become dicts, worked out once for each message type; a type may contain itself."""

    def __init__(self) -> None:
        self._known: dict[str, Convert] = {}

    def of(self, message: Any) -> Convert:
        """The function that converts a message of this type."""
        name = message.full_name
        if name == "google.protobuf.Timestamp":
            return lambda moment: moment.seconds * 1_000_000 + moment.nanos // 1_000
        if name in WRAPPED:
            return lambda wrapper: wrapper.value
        if name not in self._known:
            fields: list[tuple[str, bool, Convert | None]] = []
            self._known[name] = lambda found: _to_dict(found, fields)
            fields += [(one.name, one.has_presence, self._of_field(one)) for one in message.fields]
        return self._known[name]

    def _of_field(self, field: Any) -> Convert | None:
        """The function that converts a field's value; None if it stays as it is."""
        message = field.message_type
        if message is not None and message.GetOptions().map_entry:
            of_value = self._of_single(message.fields_by_name["value"]) or _same
            return lambda found: {_key(key): of_value(found[key]) for key in found}
        of_one = self._of_single(field)
        if field.is_repeated:
            return list if of_one is None else lambda found: [of_one(one) for one in found]
        return of_one

    def _of_single(self, field: Any) -> Convert | None:
        if field.message_type is not None:
            return self.of(field.message_type)
        if field.enum_type is not None:
            names = {number: one.name for number, one in field.enum_type.values_by_number.items()}
            return lambda number: names.get(number, number)
        return None


def _to_dict(message: Any, fields: list[tuple[str, bool, Convert | None]]) -> dict[str, Any]:
    found = {}
    for name, may_be_absent, convert in fields:
        if not may_be_absent or message.HasField(name):
            value = getattr(message, name)
            found[name] = value if convert is None else convert(value)
    return found


def _same(value: Any) -> Any:
    return value


def _key(key: Any) -> str:
    """A key of a map as JSON would have it."""
    return str(key).lower() if isinstance(key, bool) else str(key)
