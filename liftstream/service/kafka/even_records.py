"""Records to be written; those of one form as matrices of bytes: objects cost more than their bytes where there are many."""

from collections.abc import Sequence
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Record: TypeAlias = tuple[bytes | None, bytes]
"""Key and value."""


class EvenRecords(Sequence[Record]):
    """Records whose keys are all of one length, and whose values are.

    Args:
        keys: [records, bytes of a key]; None: they have no keys.
        values: [records, bytes of a value].
    """

    def __init__(self, keys: Bytes | None, values: Bytes) -> None:
        self.keys, self.values = keys, values

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> "EvenRecords": ...
    def __getitem__(self, at: int | slice) -> "Record | EvenRecords":
        if isinstance(at, slice):
            return self.at(at)
        return None if self.keys is None else self.keys[at].tobytes(), self.values[at].tobytes()

    def at(self, indexes: NDArray[np.intp] | slice) -> "EvenRecords":
        """Some records, by anything that numpy takes as an index."""
        return EvenRecords(None if self.keys is None else self.keys[indexes], self.values[indexes])


def bytes_of(texts: Sequence[bytes], size: int) -> Bytes:
    """Texts of one length as [texts, size]."""
    return np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), size)
