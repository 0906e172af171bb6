"""Records of the consumer as columns, holes in their offsets included."""

import pytest

from pipeline.fetches import fetch_of
from tests.pipeline.offline import Record


def records(offsets: list[int]) -> list[Record]:
    return [Record(at, 1000 + at, b"%d" % at, b"value") for at in offsets]


@pytest.mark.parametrize("offsets", [[7], [7, 8, 9], [7, 9], [0, 10**15]])
def test_every_record_keeps_its_offset_whatever_is_missing_between(offsets: list[int]) -> None:
    fetch = fetch_of(records(offsets))
    assert fetch.offsets.tolist() == offsets
    assert fetch.stamps.tolist() == [1000 + at for at in offsets]
    assert fetch.keys == [b"%d" % at for at in offsets]


@pytest.mark.parametrize(("offset", "kept"), [(0, [7, 9, 10]), (8, [9, 10]), (9, [9, 10]), (11, [])])
def test_what_was_read_before_is_cut_off(offset: int, kept: list[int]) -> None:
    fetch = fetch_of(records([7, 9, 10])).since(offset)
    assert fetch.offsets.tolist() == kept
    assert fetch.keys == [b"%d" % at for at in kept]
