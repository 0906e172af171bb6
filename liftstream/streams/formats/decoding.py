"""Whole batches of one side: which schemas they need, and their values once those are known."""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, NamedTuple

from liftstream.contracts.errors import require
from liftstream.streams.definition import Format
from liftstream.streams.formats.framing import HEAD, FramingError, schema_id_of
from liftstream.streams.formats.schemas import (
    SCHEMA_TYPES,
    FetchSchema,
    RegisteredSchema,
    SchemaUnfit,
    SchemaUnknown,
)

MOST_SCHEMAS: Final = 10_000
"""Schemas that are kept; beyond them, those that were not needed for a minute are dropped and asked for again."""
ASK_AGAIN_S: Final = 60.0
"""How long an unknown id is not asked for again: whoever writes a record has registered its schema before."""

MOST_STRANGE: Final = 200
"""Unknown ids in a minute after which no more are asked for: somebody invents them, and a question for each would take
for ever."""

ReadValue = Callable[[bytes], Any]


class Opened(NamedTuple):
    """What a batch says.

    Attributes:
        values: one a record: of Avro and Protobuf the object, of JSON Schema the bytes of the JSON; None where it
            cannot be read.
        faults: index and reason of those.
    """

    values: list[Any]
    faults: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why records of a schema cannot be read, and when to ask again."""

    reason: str
    until_s: float


class WireDecoder:
    """Decodes the batches of one side, and keeps their schemas.

    Args:
        format: avro, json-schema or protobuf.
        fetch: asks the registry.
        most_bytes: of a record.
        clock: seconds that pass.

    Raises:
        ExtraMissing: what reads the format is not installed.
    """

    def __init__(
        self, format: Format, fetch: FetchSchema, most_bytes: int, clock: Callable[[], float] = monotonic
    ) -> None:
        modules = {"avro": ("fastavro",), "protobuf": ("google.protobuf", "grpc_tools")}.get(format, ())
        require(f"format {format}", {"registry": modules})
        self.format: Format = format
        self._fetch, self._most_bytes, self._clock = fetch, most_bytes, clock
        self._readers: OrderedDict[int, ReadValue | _Refused] = OrderedDict()
        self._needed_s: dict[int, float] = {}
        self._strange_s: deque[float] = deque(maxlen=MOST_STRANGE)

    def unlearned(self, values: Sequence[bytes | None]) -> set[int]:
        """The ids of the schemas that must be learned before these records can be decoded."""
        return {
            schema_id for schema_id in {_id_of(value) for value in values} if not self._is_known(schema_id)
        } - {-1}

    def learn(self, schema_ids: Collection[int]) -> None:
        """Asks the registry for schemas and blocks until it has answered; asks for no more once ids are invented.

        Raises:
            RegistryError: it cannot be asked now. What it has said so far is kept.
        """
        for schema_id in sorted(schema_ids):
            if self._is_flooded():
                break
            try:
                reader: ReadValue | _Refused = self._reader_of(self._fetch(schema_id))
            except (SchemaUnknown, SchemaUnfit) as refused:
                reader = _Refused(str(refused), self._clock() + ASK_AGAIN_S)
                self._strange_s.append(self._clock())
            self._readers[schema_id] = reader
            self._needed_s[schema_id] = self._clock()
        self._forget()

    def decode(self, values: Sequence[bytes | None]) -> Opened:
        """The values of records whose schemas were learned.

        Raises:
            KeyError: a schema is among `unlearned`.
        """
        opened = Opened([None] * len(values), [])
        for index, value in enumerate(values):
            try:
                opened.values[index] = self._read(value)
            except ValueError as error:
                opened.faults.append((index, str(error)))
        return opened

    def open(self, values: Sequence[bytes | None]) -> Opened:
        """Learns what is needed, and decodes.

        Raises:
            RegistryError: the registry cannot be asked now; the same batch can be opened later.
        """
        self.learn(self.unlearned(values))
        return self.decode(values)

    def _forget(self) -> None:
        """Drops the schemas that were needed least recently, where there are too many."""
        long_ago_s = self._clock() - ASK_AGAIN_S
        while len(self._readers) > MOST_SCHEMAS:
            oldest = next(iter(self._readers))
            if self._needed_s[oldest] > long_ago_s:  # the records that need it may not be decoded yet
                return
            del self._readers[oldest], self._needed_s[oldest]

    def _read(self, value: bytes | None) -> Any:
        if not value:
            raise ValueError("an empty value")
        if len(value) > self._most_bytes:
            raise ValueError(f"a body of {len(value)} bytes; at most {self._most_bytes} are read")
        schema_id = schema_id_of(value)
        reader = self._readers.get(schema_id)
        if reader is None:
            if len(self._strange_s) < MOST_STRANGE:
                raise KeyError(schema_id)
            raise ValueError(
                f"schema {schema_id} was not asked for: the registry had none of {MOST_STRANGE} others in a minute"
            )
        if isinstance(reader, _Refused):
            raise ValueError(reader.reason)
        try:
            return reader(value)
        except FramingError:
            raise
        except ValueError as error:
            raise ValueError(f"not {self.format} of schema {schema_id}: {error}") from None

    def _is_known(self, schema_id: int) -> bool:
        reader = self._readers.get(schema_id)
        if reader is None:
            return self._is_flooded()
        self._readers.move_to_end(schema_id)
        self._needed_s[schema_id] = self._clock()
        return not isinstance(reader, _Refused) or self._clock() < reader.until_s or self._is_flooded()

    def _is_flooded(self) -> bool:
        full = len(self._strange_s) == MOST_STRANGE
        return full and self._clock() - self._strange_s[0] < ASK_AGAIN_S

    def _reader_of(self, schema: RegisteredSchema) -> ReadValue:
        expected = SCHEMA_TYPES[self.format]
        if schema.type != expected:
            raise SchemaUnfit(
                f"schema {schema.id} is of type {schema.type}; the side's format is {self.format}"
            )
        if self.format == "json-schema":
            return lambda value: value[HEAD.size :]
        if self.format == "protobuf":
            from liftstream.streams.formats.protobuf import protobuf_reader

            return protobuf_reader(schema)
        from liftstream.streams.formats.avro import avro_reader

        read = avro_reader(schema)
        return lambda value: read(value, HEAD.size)


def _id_of(value: bytes | None) -> int:
    """The id of the schema, -1 for bytes without one."""
    try:
        return schema_id_of(value or b"")
    except FramingError:
        return -1
