"""Groups of records of a fetch that were decoded together, and their merge."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.records.feature_rows import FeatureRows, no_rows
from pipeline.records.halves import Decoded
from pipeline.records.id_columns import Ids

Places = NDArray[np.intp]


class Part(NamedTuple):
    """Some records of a fetch: their indexes and what they say."""

    indexes: Places
    uuids: Ids
    rows: FeatureRows
    stamps: NDArray[np.int64] | None


def whole(count: int, parts: Sequence[Part], width: int, id_column: type, *, has_times: bool) -> Decoded:
    """The content of all records, in their order; without meaning at invalid ones."""
    if len(parts) == 1 and len(parts[0].indexes) == count:
        return Decoded(parts[0].uuids, parts[0].rows, range(count), stamps=parts[0].stamps)
    uuids: Ids = np.zeros(count, id_column)
    rows = no_rows(count, width)
    stamps = np.zeros(count, np.int64) if has_times else None
    for part in parts:
        uuids[part.indexes] = part.uuids
        rows.put(part.indexes, part.rows)
        if stamps is not None and part.stamps is not None:
            stamps[part.indexes] = part.stamps
    return Decoded(uuids, rows, range(count), stamps=stamps)
