"""The five bytes before a value, and which message of a Protobuf schema it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.formats.framing import FramingError, message_of, schema_id_of


def zigzag(number: int) -> bytes:
    left = (number << 1) ^ (number >> 63)
    said = bytearray()
    while left > 0x7F:
        said.append(left & 0x7F | 0x80)
        left >>= 7
    said.append(left)
    return bytes(said)


@given(st.integers(0, 2**32 - 1), st.binary(max_size=9))
def test_the_id_is_four_bytes_after_a_zero(schema_id: int, rest: bytes) -> None:
    assert schema_id_of(b"\0" + schema_id.to_bytes(4, "big") + rest) == schema_id


@pytest.mark.parametrize(
    ("value", "said"), [(b"\0\0\0\1", "4 bytes"), (b'{"a":1}', "the first byte is 123"), (b"", "0 bytes")]
)
def test_other_bytes_are_refused_with_what_they_are(value: bytes, said: str) -> None:
    with pytest.raises(FramingError, match=said):
        schema_id_of(value)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=32), st.binary(max_size=9))
def test_the_message_is_named_by_its_places(places: list[int], rest: bytes) -> None:
    head = b"\0\0\0\0\1" + zigzag(len(places)) + b"".join(map(zigzag, places))
    assert message_of(head + rest) == (tuple(places), len(head))


def test_a_single_zero_is_the_first_message() -> None:
    assert message_of(b"\0\0\0\0\1\0rest") == ((0,), 6)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_place_or_a_refusal(rest: bytes) -> None:
    try:
        places, start = message_of(b"\0\0\0\0\1" + rest)
    except FramingError:
        return
    assert 1 <= len(places) <= 32
    assert 6 <= start <= 5 + len(rest)
