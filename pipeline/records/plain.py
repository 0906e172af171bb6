"""Plain records: those that msgspec decodes into a struct made from the definition of a side, many at a time into columns.

Unusual records are left to the careful decoder. msgspec takes the last value of a duplicated key silently, so colons
are counted to notice such keys: a record has one for each key, plus those in its texts. Keys that the definition does
not name add more; their number is known from records that were decoded carefully.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from liftstream.streams.definition import SideDefinition
from liftstream.streams.json_body import MOST_BYTES
from pipeline.records.columns import ColumnBlock, RecordColumns, Target, all_columns
from pipeline.records.id_columns import Mask
from pipeline.records.plain_struct import NumberGroup, StructNode, tree_of

NOT_PLAIN: Final = (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError)
"""What decoding raises for records that are read with care instead; TypeError: a record without a value."""
VALUES_AT_ONCE: Final = 32_768
"""Values that are decoded at once, so that they stay in the processor's cache."""
FEWEST_AT_ONCE: Final = 64
MOST_LEARNED: Final = 64
"""Numbers of keys besides those of the definition that are remembered."""
NEVER_PLAIN: Final = -(1 << 40)
"""A number of keys that no record has, so that it is never learned."""
LONGEST_NUMBER: Final = 4300
"""Most digits of a number that Python reads."""
LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (LONGEST_NUMBER + 1))


class PlainReader:
    """Reads plain records of one side.

    Args:
        side: as defined.

    Raises:
        NoStruct: it has no plain records.
    """

    def __init__(self, side: SideDefinition) -> None:
        self._numeric = [feature.numeric for feature in side.features]
        self._root = tree_of(side)
        decoder: Any = msgspec.json.Decoder(self._root.make_struct())
        self._decode = decoder.decode
        self._keys = self._root.count_keys()
        numbers = sum(len(group.features) for group in side.groups)
        self._at_once = max(FEWEST_AT_ONCE, VALUES_AT_ONCE // (self._keys + numbers))
        self._surplus: set[int] = set()

    def learn_surplus(self, value: bytes) -> bool:
        """Notes how many more keys a record has, which has none twice; whether that is new."""
        if len(self._surplus) >= MOST_LEARNED:
            return False
        _, records = self._structs([value])
        more = int(self._columns([value], records)[1][0]) if records else 0
        if more <= 0 or more >= -NEVER_PLAIN // 2 or more in self._surplus:
            return False
        self._surplus.add(more)
        return True

    def read(
        self, values: Sequence[bytes | None], most: int = MOST_BYTES
    ) -> tuple[list[int], RecordColumns] | None:
        """The places of plain records among `values`, and what they say; None: there are none.

        Args:
            values: of a fetch.
            most: bytes of a record.
        """
        steps = range(0, len(values), self._at_once)
        parts = [self._read(values[first : first + self._at_once], first, most) for first in steps]
        found = [part for part in parts if part is not None]
        if len(found) < 2:
            return found[0] if found else None
        return [at for indexes, _ in found for at in indexes], all_columns([one for _, one in found])

    def _read(
        self, values: Sequence[bytes | None], first: int, most: int
    ) -> tuple[list[int], RecordColumns] | None:
        indexes, records = self._structs(values)
        if not records:
            return None
        same: Any = values if len(indexes) == len(values) else [values[index] for index in indexes]
        found, surplus = self._columns(same, records)
        odd = self._odd(same, surplus, most)
        if odd is None:
            return [first + index for index in indexes] if first else indexes, found
        kept = np.flatnonzero(~odd)
        if not len(kept):
            return None
        return [first + indexes[at] for at in kept.tolist()], found.at(kept)

    def _columns(
        self, values: Sequence[bytes], records: list[Any]
    ) -> tuple[RecordColumns, NDArray[np.int64]]:
        """What records say, and how many colons each has that are of no key of the definition, nor of its texts."""
        found = RecordColumns(len(records))
        keys = np.full(len(records), self._keys)
        texts: list[Sequence[Any]] = []
        self._extract(self._root, records, found, keys, texts)
        surplus = np.fromiter([value.count(b":") for value in values], np.int64, len(values)) - keys
        return found, _without_texts(surplus, texts)

    def _odd(self, values: Sequence[bytes], surplus: NDArray[np.int64], most: int) -> Mask | None:
        """Which records are not plain after all; None if all are."""
        odd = np.zeros(len(values), bool)
        longest = max(map(len, values))
        if longest > most:
            odd |= np.fromiter(map(len, values), np.int64, len(values)) > most
        passed_over = surplus != 0
        if passed_over.any():
            odd |= passed_over & ~np.isin(surplus, list(self._surplus))
            if longest > LONGEST_NUMBER or not b"".join(values).isascii():
                for at in np.flatnonzero(passed_over & ~odd).tolist():
                    odd[at] = not _is_text(values[at])
        return odd if odd.any() else None

    def _structs(self, values: Sequence[bytes | None]) -> tuple[list[int], list[Any]]:
        decode = self._decode
        try:
            return list(range(len(values))), list(map(decode, values))
        except NOT_PLAIN:
            pass
        indexes, records = [], []
        for index, value in enumerate(values):
            try:
                record = decode(value)
            except NOT_PLAIN:
                continue
            indexes.append(index)
            records.append(record)
        return indexes, records

    def _extract(
        self,
        branch: StructNode,
        records: list[Any],
        found: RecordColumns,
        keys: NDArray[np.int64],
        texts: list[Sequence[Any]],
    ) -> None:
        """RecordColumns of what records say, and less keys where some are missing."""
        for get, child in zip(branch.getters, branch.children.values(), strict=True):
            column = list(map(get, records))
            if isinstance(child, NumberGroup):
                keys += np.fromiter(map(len, column), np.int64, len(column))
                rows, odd = child.reader.read(column)
                found.blocks.append(ColumnBlock(child.first, rows))
                if odd is not None:
                    keys[odd] = NEVER_PLAIN
                continue
            absent = UNSET if isinstance(child, StructNode) else child.absent
            if absent is not None and absent in column:
                keys -= np.fromiter([value is absent for value in column], np.int64, len(column))
            if isinstance(child, StructNode):
                if child.blank is not None:
                    column = [child.blank if one is None or one is UNSET else one for one in column]
                self._extract(child, column, found, keys, texts)
                continue
            if child.is_text:
                texts.append(column)
            found.put(child.target, column, numeric=self._is_numeric(child.target))

    def _is_numeric(self, target: Target) -> bool:
        return isinstance(target, int) and self._numeric[target]


def _is_text(value: bytes) -> bool:
    """Whether values that were passed over are such as are accepted with care."""
    if len(value) > LONGEST_NUMBER and LONG_NUMBER.search(value):
        return False
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_texts(surplus: NDArray[np.int64], texts: Iterable[Sequence[Any]]) -> NDArray[np.int64]:
    """The surplus without the colons in texts."""
    more = np.flatnonzero(surplus)
    if not len(more):
        return surplus
    rows = more.tolist()
    for column in texts:
        if ":" not in _joined(column):
            continue
        surplus[more] -= np.fromiter(_colons(column, rows), np.int64, len(rows))
    return surplus


def _joined(texts: Sequence[Any]) -> str:
    try:
        return "".join(texts)
    except TypeError:  # some are missing
        return "".join([text for text in texts if isinstance(text, str)])


def _colons(column: Sequence[Any], rows: Iterable[int]) -> Iterator[int]:
    for row in rows:
        value = column[row]
        yield value.count(":") if isinstance(value, str) else 0
