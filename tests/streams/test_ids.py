"""Ids: what is compared, and what is written."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.ids import as_written, read_id, read_key, to_key
from liftstream.streams.unreadable import Unreadable


@given(st.uuids(), st.lists(st.booleans(), min_size=36, max_size=36))
def test_a_uuid_is_compared_by_value_and_written_as_it_came(uuid: UUID, upper: list[bool]) -> None:
    plain = str(uuid)
    mixed = "".join(one.upper() if up else one for one, up in zip(plain, upper, strict=True))
    found = read_id(mixed, "uuid", "id")
    assert found == plain
    assert {plain: 1}[found] == 1  # type: ignore[index]
    assert as_written(found) == mixed
    assert to_key(found) == plain.encode()


@pytest.mark.parametrize(("value", "kind"), [(404180, "integer"), ("ABC", "text")])
def test_other_ids_are_written_as_they_are_compared(value: object, kind: str) -> None:
    assert as_written(read_id(value, kind, "id")) == value  # type: ignore[arg-type]


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_key_may_be_the_bytes_of_an_integer(number: int) -> None:
    key = number.to_bytes(8, "big", signed=True)
    assert read_key(key, "integer", big_endian=True) == number
    with pytest.raises(Unreadable, match=r"no integer of 4 or 8 bytes"):
        read_key(key[1:], "integer", big_endian=True)


def test_bytes_of_an_integer_where_text_is_expected_are_told_what_they_need() -> None:
    with pytest.raises(Unreadable, match=r"b'.*x07'; bytes of an integer need key: big-endian"):
        read_key((7).to_bytes(8, "big"), "integer")
