"""Predictions as bytes: `{"uuid": 404180, "value": 1, "token": "..."}`, or what the answer of the stream asks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from liftstream.service.kafka.even_records import EvenRecords, Record, bytes_of
from liftstream.streams.definition import Answer, AnswerField, DecisionRule
from liftstream.streams.ids import Id, as_written, to_key

KeyedPrediction: TypeAlias = Record
"""Key and value of a prediction's record."""

encode = msgspec.json.encode
FEWEST: Final = 64
"""Predictions of a poll below which matrices of their bytes cost more than the records one by one."""
MOST_LENGTHS: Final = 4
"""Lengths of ids in a poll beyond which the same holds: each has a matrix."""
TEXTS_AT_MOST: Final = 10_000
"""Most texts of a model's outputs whose JSON is remembered."""


class ModelSays(Protocol):
    """What a model says of pairs."""

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """The fields of the answer other than the decision, by name."""

    @property
    def model(self) -> str:
        """The model's name."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the model's file."""


class PredictionForm:
    """Writes predictions with one token; the same id, values and model always give the same bytes.

    Args:
        token: names the candidate to the A/B platform.
        answer, decision: of the stream.
    """

    def __init__(self, token: str, answer: Answer, decision: DecisionRule = "threshold") -> None:
        self._keyed = answer.keyed
        self._pieces = _folded(list(_pieces(token, answer, decision)))
        self._ends = _ends(self._pieces)
        self._texts: dict[Any, bytes] = {}

    def fill(
        self, uuids: Sequence[Id], values: Sequence[int], said: ModelSays | None = None
    ) -> list[KeyedPrediction]:
        """Key and value of each prediction.

        Args:
            uuids: of the pairs.
            values: 1 or 0, what was decided for each.
            said: the other fields of the answer.
        """
        keys, quoted = _keys(uuids)
        known: Sequence[bytes | None] = keys if self._keyed else [None] * len(keys)
        if self._ends is not None:
            head, ends = self._ends
            return [
                (key, head + uuid + ends[value])
                for key, uuid, value in zip(known, quoted, values, strict=True)
            ]
        columns = [self._column(one, quoted, values, said) for one in self._pieces]
        return list(zip(known, map(b"".join, zip(*columns, strict=True)), strict=True))

    def fill_by_partition(
        self,
        uuids: Sequence[Id],
        values: NDArray[np.int8],
        written_to: NDArray[np.int64],
        said: ModelSays | None = None,
    ) -> list[tuple[int, Sequence[KeyedPrediction]]]:
        """The same, and the partition that each goes to; those of one client stay in their order."""
        even = None if self._ends is None or len(uuids) < FEWEST else self._evenly(uuids, values, written_to)
        return even or list(by_partition(self.fill(uuids, values.tolist(), said), written_to).items())

    def _evenly(
        self, uuids: Sequence[Id], values: NDArray[np.int8], written_to: NDArray[np.int64]
    ) -> list[tuple[int, Sequence[KeyedPrediction]]] | None:
        """As matrices, one for each length of ids; None where there are too many lengths."""
        keys, quoted = _keys(uuids)
        sizes = _sizes(keys, quoted)
        lengths = set(sizes)
        if len(lengths) > MOST_LENGTHS:
            return None
        if len(lengths) == 1:
            return _parted(self._even(keys, quoted, values), written_to)
        parts = list[tuple[int, Sequence[KeyedPrediction]]]()
        for length in lengths:
            chosen = [size == length for size in sizes]
            at = np.flatnonzero(chosen)
            even = self._even(list(compress(keys, chosen)), list(compress(quoted, chosen)), values[at])
            parts += _parted(even, written_to[at])
        return parts

    def _even(self, keys: list[bytes], quoted: list[bytes], values: NDArray[np.int8]) -> EvenRecords:
        """Predictions for ids of one length."""
        assert self._ends is not None  # noqa: S101
        head, ends = self._ends
        ids = bytes_of(quoted, len(quoted[0]))
        known = ids if keys is quoted else bytes_of(keys, len(keys[0]))
        written = np.empty((len(ids), len(head) + ids.shape[1] + len(ends[0])), np.uint8)
        written[:, : len(head)] = np.frombuffer(head, np.uint8)
        written[:, len(head) : len(head) + ids.shape[1]] = ids
        written[:, len(head) + ids.shape[1] :] = bytes_of(ends, len(ends[0]))[values]
        return EvenRecords(known if self._keyed else None, written)

    def _column(
        self, piece: "Piece", ids: list[bytes], values: Sequence[int], said: ModelSays | None
    ) -> Iterable[bytes]:
        if isinstance(piece, bytes):
            return repeat(piece, len(ids))
        if isinstance(piece, tuple):
            return map(piece.__getitem__, values)
        if piece.source == "id":
            return ids
        assert said is not None  # noqa: S101  # the outcome has what the answer asks for
        if piece.source in ("model", "sha256"):
            return repeat(encode(said.model if piece.source == "model" else said.sha256), len(ids))
        return self._encoded(said.columns[piece.name])

    def _encoded(self, column: NDArray[Any]) -> Iterator[bytes]:
        if column.dtype.kind in "fiub":
            yield from encode(column.tolist())[1:-1].split(b",")  # what is no number is null
            return
        texts = self._texts
        for value in column.tolist():
            known = texts.get(value)
            if known is None:
                known = encode(None if value != value else value)
                if len(texts) < TEXTS_AT_MOST:
                    texts[value] = known
            yield known


Piece: TypeAlias = bytes | tuple[bytes, bytes] | AnswerField
"""What is the same in all predictions; what there is for 0 and for 1; or what is told of each."""


def _pieces(token: str, answer: Answer, decision: DecisionRule) -> Iterator[Piece]:
    for at, one in enumerate(answer.fields):
        yield (b"{" if at == 0 else b",") + encode(one.name) + b":"
        if one.source == "token":
            yield encode(token)
        elif one.source == "decision" and decision == "threshold":
            yield b"0", b"1"
        else:
            yield one
    yield b"}"


def _folded(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with constant parts merged."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(last, bytes) and isinstance(piece, bytes):
            found[-1] = last + piece
        elif isinstance(last, bytes) and isinstance(piece, tuple):
            found[-1] = last + piece[0], last + piece[1]
        elif isinstance(last, tuple) and isinstance(piece, bytes):
            found[-1] = last[0] + piece, last[1] + piece
        else:
            found.append(piece)
    return found


def _keys(uuids: Sequence[Id]) -> tuple[list[bytes], list[bytes]]:
    """Ids as keys, and as JSON, as their records have them."""
    if uuids and isinstance(uuids[0], str):
        written = list(map(as_written, uuids))
        return list(map(to_key, written)), list(map(encode, written))
    keys = [b"%d" % uuid for uuid in uuids]  # type: ignore[str-format]  # all are integers
    return keys, keys


def _sizes(keys: Sequence[bytes], quoted: Sequence[bytes]) -> Sequence[Any]:
    """The lengths of each id, as a key and as JSON."""
    if keys is quoted:
        return list(map(len, keys))
    return list(zip(map(len, keys), map(len, quoted), strict=True))


def _ends(pieces: Sequence[Piece]) -> tuple[bytes, tuple[bytes, bytes]] | None:
    """What stands before the id, and what after it for 0 and for 1, where there is no more, as in the task's: written
    at once."""
    if len(pieces) != 3:
        return None
    head, middle, ends = pieces
    is_id = isinstance(middle, AnswerField) and middle.source == "id"
    return (head, ends) if is_id and isinstance(head, bytes) and isinstance(ends, tuple) else None


def _parted(
    records: EvenRecords, written_to: NDArray[np.int64]
) -> list[tuple[int, Sequence[KeyedPrediction]]]:
    partitions = np.flatnonzero(np.bincount(written_to)).tolist()
    if len(partitions) == 1:
        return [(partitions[0], records)]
    return [(one, records.at(np.flatnonzero(written_to == one))) for one in partitions]


def by_partition(
    records: Sequence[KeyedPrediction], written_to: NDArray[np.int64]
) -> dict[int, Sequence[KeyedPrediction]]:
    """Predictions by the partition that each goes to, in their order."""
    first = int(written_to[0])
    if (written_to == first).all():
        return {first: records}
    found: dict[int, list[KeyedPrediction]] = {}
    for partition, record in zip(written_to.tolist(), records, strict=True):
        found.setdefault(partition, []).append(record)
    return dict(found)
