"""What a schema registry says of a schema."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

SCHEMA_TYPES: Final = {"avro": "AVRO", "json-schema": "JSON", "protobuf": "PROTOBUF"}
"""What a registry calls the schemas of each format."""


class SchemaUnknown(LookupError):
    """The registry answered that it has no such schema; the message is the detail of an invalid record."""


class SchemaUnfit(ValueError):
    """A schema that records cannot be read by; the message is the detail of an invalid record."""


@dataclass(frozen=True)
class RegisteredSchema:
    """A schema with everything that it refers to.

    Attributes:
        id: its number in the registry.
        type: AVRO, JSON or PROTOBUF.
        text: of Avro and JSON Schema the document; of Protobuf a FileDescriptorProto in base64, or the text of the
            .proto file where the registry gives nothing else.
        name: by which another schema refers to it; empty for one that was asked for by its id.
        references: what it refers to, each before what refers to it.
    """

    id: int
    type: str
    text: str
    name: str = ""
    references: tuple["RegisteredSchema", ...] = field(default=())


FetchSchema: TypeAlias = Callable[[int], RegisteredSchema]
"""Asks the registry for a schema by its id.

Raises:
    SchemaUnknown: it has none of this id.
    RegistryError: it cannot be asked now; nobody may conclude anything from that.
"""
