"""Decoded records as bytes on their way through Flink: packed before the join, unpacked after it. Ids are integers.

Either a one, the uuid in eight bytes and the features from `pack`; or a zero and the error of the record. The join in
Java reads only the first nine bytes.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.definition import SideDefinition
from pipeline.records.decoding import Decoder
from pipeline.records.feature_rows import FeatureRows, pack, unpack
from pipeline.records.halves import Decoded

READABLE: Final = b"\1"
UNREADABLE: Final = b"\0"
UUID: Final = slice(1, 9)
FEATURES: Final = slice(9, None)


class SaidReader:
    """Reads records of both topics, with the worker's decoders.

    Args:
        sides: of the stream.
    """

    def __init__(self, sides: Sequence[SideDefinition]) -> None:
        self._decoders = [Decoder(side) for side in sides]

    def read(self, sides: NDArray[Any], values: NDArray[np.object_]) -> NDArray[np.object_]:
        """What each record says; never fails, whatever the bytes.

        Args:
            sides: the number of its side for each record.
            values: bytes, or None.
        """
        said = np.empty(len(values), object)
        for side, decoder in enumerate(self._decoders):
            places = np.flatnonzero(sides == side)
            decoded = decoder.decode(values[places].tolist())
            said[places[np.array(decoded.indexes, np.intp)]] = _as_bytes(decoded)
            for index, fault in decoded.faults:
                said[places[index]] = UNREADABLE + fault.encode()
        return said


def _as_bytes(decoded: Decoded) -> NDArray[np.object_]:
    rows, count, width = decoded.rows, len(decoded.uuids), decoded.rows.width
    uuids, found = decoded.uuids.astype(">i8").tobytes(), np.empty(count, object)
    if rows.is_wide:
        packed = [pack(row) for row in rows.small.tolist()]
        for row in range(count):
            found[row] = READABLE + uuids[8 * row : 8 * row + 8] + packed[row]
        return found
    flat = rows.small.tobytes()
    for row in range(count):
        exact = rows.exact.get(row)
        features = flat[row * width : (row + 1) * width] if exact is None else exact.tobytes()
        found[row] = READABLE + uuids[8 * row : 8 * row + 8] + features
    return found


def uuids_of(said: Sequence[bytes]) -> list[int]:
    """The uuids of readable records."""
    uuids: list[int] = np.frombuffer(b"".join([one[UUID] for one in said]), ">i8").tolist()
    return uuids


def rows_of(said: Sequence[bytes], width: int) -> FeatureRows:
    """The features of readable records, `width` each."""
    return unpack([one[FEATURES] for one in said], width)


def fault_of(said: bytes) -> str:
    """What is wrong with a record; empty for a readable one."""
    return "" if said.startswith(READABLE) else said[1:].decode()
