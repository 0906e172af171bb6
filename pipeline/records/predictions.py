"""Predictions as bytes: `{"uuid": 404180, "value": 1, "token": "..."}`, or what the answer of the stream asks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from liftstream.service.kafka.even_records import Bytes, EvenRecords, Record, bytes_of
from liftstream.streams.definition import Answer, AnswerField, DecisionRule
from liftstream.streams.ids import Id, as_written, to_key
from pipeline.records.id_columns import Ids, digit_counts, digits_of

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
        uuids: Ids,
        values: NDArray[np.int8],
        written_to: NDArray[np.int64],
        said: ModelSays | None = None,
    ) -> list[tuple[int, Sequence[KeyedPrediction]]]:
        """The same, and the partition that each goes to; those of one client stay in their order."""
        even = None if self._ends is None or len(uuids) < FEWEST else self._evenly(uuids, values, written_to)
        return even or list(
            by_partition(self.fill(uuids.tolist(), values.tolist(), said), written_to).items()
        )

    def _evenly(
        self, uuids: Ids, values: NDArray[np.int8], written_to: NDArray[np.int64]
    ) -> list[tuple[int, Sequence[KeyedPrediction]]] | None:
        """As matrices, one for each length of ids; None where there are too many lengths."""
        even = _even_ids(uuids)
        if even is None:
            return None
        parts = list[tuple[int, Sequence[KeyedPrediction]]]()
        for one in even:
            parts += _parted(self._even(one, values[one.at]), written_to[one.at])
        return parts

    def _even(self, ids: "EvenIds", values: NDArray[np.int8]) -> EvenRecords:
        """Predictions for ids of one length."""
        assert self._ends is not None  # noqa: S101
        head, ends = self._ends
        after = len(head) + ids.quoted.shape[1]
        written = np.empty((len(values), after + len(ends[0])), np.uint8)
        written[:, : len(head)] = np.frombuffer(head, np.uint8)
        written[:, len(head) : after] = ids.quoted
        written[:, after:] = bytes_of(ends, len(ends[0]))[values]
        return EvenRecords(ids.keys if self._keyed else None, written)

    def _column(
        self, piece: "Piece", ids: list[bytes], values: Sequence[int], said: ModelSays | None
    ) -> Iterable[bytes]:
        if isinstance(piece, bytes):
            return repeat(piece, len(ids))
        if isinstance(piece, tuple):
            return map(piece.__getitem__, values)
        if piece.source == "id":
            return ids
        assert said is not None  # noqa: S101 - the outcome has what the answer asks for
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


class EvenIds(NamedTuple):
    """Ids of one length: which they are of all, and their bytes as keys and as JSON."""

    at: NDArray[np.intp] | slice
    keys: Bytes
    quoted: Bytes


def _even_ids(uuids: Ids) -> list[EvenIds] | None:
    """Ids by their lengths; None where there are too many lengths."""
    texts: tuple[list[bytes], list[bytes]] | None = None
    if uuids.dtype == np.int64 and uuids.min() >= 0:
        sizes = digit_counts(uuids)
    else:
        texts = _keys(uuids.tolist())
        sizes = _sizes(texts[0]) << 32 | _sizes(texts[1])
    lengths = np.unique(sizes)
    if len(lengths) > MOST_LENGTHS:
        return None
    places = [np.flatnonzero(sizes == one) for one in lengths] if len(lengths) > 1 else [slice(None)]
    return [_digits(uuids, at) if texts is None else _texts(*texts, at) for at in places]


def _sizes(texts: Sequence[bytes]) -> NDArray[np.int64]:
    return np.fromiter(map(len, texts), np.int64, len(texts))


def _digits(uuids: Ids, at: NDArray[np.intp] | slice) -> EvenIds:
    digits = digits_of(uuids[at])
    return EvenIds(at, digits, digits)


def _texts(keys: list[bytes], quoted: list[bytes], at: NDArray[np.intp] | slice) -> EvenIds:
    if not isinstance(at, slice):
        keys, quoted = ([texts[one] for one in at.tolist()] for texts in (keys, quoted))
    return EvenIds(at, bytes_of(keys, len(keys[0])), bytes_of(quoted, len(quoted[0])))


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
