"""Protobuf values of registered schemas: dicts as JSON would have them, whole numbers as numbers."""

import struct
import tempfile
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.errors import RegistryError
from liftstream.streams.formats.protobuf import protobuf_reader
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit
from tests.streams.formats.proto_files import F, add, in_base64, message_class, payment_file

FILE = payment_file()
PAYMENT = message_class(FILE, "bank.Payment")
READ = protobuf_reader(RegisteredSchema(17, "PROTOBUF", in_base64(FILE)))
HEAD = b"\0\0\0\0\x11"
SECOND = b"\x02\x02"  # one number, which is 1


def read(message: Any) -> Any:
    return READ(HEAD + SECOND + message.SerializeToString())


PLAIN = {
    "card": "",
    "number": 0,
    "amount": 0.0,
    "pin": False,
    "channel": "CHIP",
    "basket": [],
    "marks": [],
    "by_truth": {},
}
countries = st.builds(lambda text: {"country": text}, st.text(max_size=3))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "card": st.text(max_size=9),
            "number": st.integers(-(2**63), 2**63 - 1),
            "amount": st.floats(allow_nan=False),
            "pin": st.booleans(),
            "channel": st.sampled_from(["CHIP", "WEB"]),
            "shop": countries,
            "basket": st.lists(countries, max_size=3),
            "marks": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
            "told": st.integers(-5, 5),
        },
    )
)
def test_what_was_written_is_read_and_what_was_not_set_is_absent_or_the_default(
    value: dict[str, Any],
) -> None:
    assert read(PAYMENT(**value)) == {**PLAIN, **value}


def test_what_json_has_no_form_for_is_a_number_or_text() -> None:
    message = PAYMENT(number=2**60 + 1)
    message.paid_at.FromMicroseconds(1780317015250001)
    message.mean.value = 0.0
    message.by_truth[True].country = "DE"
    message.before.before.card = "inner"
    found = read(message)
    assert (found["number"], found["paid_at"], found["mean"]) == (2**60 + 1, 1780317015250001, 0.0)
    assert found["by_truth"] == {"true": {"country": "DE"}}
    assert found["before"]["before"] == {**PLAIN, "card": "inner"}
    assert "shop" not in found


def test_an_enumeration_keeps_the_number_that_its_schema_has_no_name_for() -> None:
    assert read(PAYMENT(channel=7))["channel"] == 7


def test_a_message_within_a_message_is_found_by_its_places() -> None:
    content = PAYMENT(shop={"country": "FR"}).shop.SerializeToString()
    assert READ(HEAD + b"\x04\x02\x00" + content) == {"country": "FR"}


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (b"\x02\x08", r"schema 17 has no message \[4\]"),
        (b"\x04\x02\x09", "has no message"),
        (b"\x02", "ends before"),
    ],
)
def test_a_message_that_is_not_there_is_refused(places: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        READ(HEAD + places)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        found = READ(HEAD + SECOND + content)
    except ValueError:
        return
    assert set(PLAIN) <= set(found)


def test_a_deep_nest_is_refused_and_does_not_end_the_process() -> None:
    content = b""
    for _ in range(5_000):
        length = bytearray()
        left = len(content)
        while left > 0x7F:
            length.append(left & 0x7F | 0x80)
            left >>= 7
        content = bytes([12 << 3 | 2]) + bytes(length) + bytes([left]) + content
    with pytest.raises(ValueError, match="not such a message"):
        READ(HEAD + SECOND + content)


def test_a_schema_may_import_others() -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    outer = FileDescriptorProto(name="outer.proto", syntax="proto3", dependency=["bank/payment.proto"])
    add(outer.message_type.add(name="Outer"), "payment", F.TYPE_MESSAGE, type_name=".bank.Payment")
    imported = RegisteredSchema(18, "PROTOBUF", in_base64(FILE), "bank/payment.proto")
    reader = protobuf_reader(RegisteredSchema(18, "PROTOBUF", in_base64(outer), references=(imported,)))
    content = PAYMENT(card="x").SerializeToString()
    assert reader(HEAD + b"\0" + bytes([10, len(content)]) + content) == {"payment": {**PLAIN, "card": "x"}}


@pytest.mark.parametrize("text", ["%", b64encode(b"\xff\xff").decode(), 'syntax = "proto3"; message {'])
def test_a_schema_that_is_none_is_said_with_its_id(text: str) -> None:
    with pytest.raises(SchemaUnfit, match="schema 17 is no Protobuf schema"):
        protobuf_reader(RegisteredSchema(17, "PROTOBUF", text))


def test_an_import_that_nobody_has_is_said() -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    file = FileDescriptorProto(name="a.proto", syntax="proto3", dependency=["confluent/meta.proto"])
    with pytest.raises(SchemaUnfit, match=r"confluent/meta\.proto"):
        protobuf_reader(RegisteredSchema(17, "PROTOBUF", in_base64(file)))


MONEY_TEXT = 'syntax = "proto3"; package bank; message Money { double amount = 1; }'
PAID_TEXT = """
syntax = "proto3";
package bank;
import "common/money.proto";
import "google/protobuf/timestamp.proto";
message Other {}
message Paid {
  enum Channel { CHIP = 0; WEB = 1; }
  string card = 1;
  Money money = 2;
  Channel channel = 3;
  optional int64 since = 4;
  map<string, int32> counts = 5;
  google.protobuf.Timestamp at = 6;
}
"""


def test_the_text_of_a_file_is_read_as_its_descriptor_is() -> None:
    """As Apicurio gives it for what Java has registered."""
    money = RegisteredSchema(17, "PROTOBUF", MONEY_TEXT, "common/money.proto")
    read = protobuf_reader(RegisteredSchema(17, "PROTOBUF", PAID_TEXT, references=(money,)))
    card, amount = b"\x0a\x01x", b"\x12\x09\x09" + struct.pack("<d", 2.5)
    said = card + amount + b"\x18\x01\x20\x00\x2a\x05\x0a\x01a\x10\x07"
    expected = {"card": "x", "money": {"amount": 2.5}, "channel": "WEB", "since": 0, "counts": {"a": 7}}
    assert read(HEAD + SECOND + said) == expected


@pytest.mark.parametrize("name", ["../out.proto", "/etc/out.proto", "-out.proto", "a/../../b.proto", "money"])
def test_a_file_whose_name_leads_elsewhere_is_refused(name: str) -> None:
    money = RegisteredSchema(17, "PROTOBUF", MONEY_TEXT, name)
    with pytest.raises(SchemaUnfit, match=r"is no name of a \.proto file"):
        protobuf_reader(RegisteredSchema(17, "PROTOBUF", PAID_TEXT, references=(money,)))


def test_what_protoc_says_of_a_text_is_in_the_reason() -> None:
    with pytest.raises(SchemaUnfit, match=r"common/money\.proto: File not found"):
        protobuf_reader(RegisteredSchema(17, "PROTOBUF", PAID_TEXT))


def test_a_machine_without_room_for_files_makes_no_schema_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its records wait: they would be put aside otherwise, though nothing is wrong with them."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(RegistryError, match="schema 17 cannot be compiled here.*TMPDIR"):
        protobuf_reader(RegisteredSchema(17, "PROTOBUF", MONEY_TEXT))
