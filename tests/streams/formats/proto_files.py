"""A Protobuf file for tests, written as a descriptor: what a registry gives for it with format=serialized."""

from base64 import b64encode
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

F = FieldDescriptorProto


def add(message: Any, name: str, kind: int, **more: Any) -> Any:
    number = len(message.field) + 1
    return message.field.add(name=name, number=number, type=kind, **{"label": F.LABEL_OPTIONAL, **more})


def payment_file() -> FileDescriptorProto:
    """`Other` first, then `Payment` with `Payment.Shop` in it: its message is the second of the file."""
    file = FileDescriptorProto(name="payment.proto", package="bank", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    file.dependency.append("google/protobuf/wrappers.proto")
    kinds = file.enum_type.add(name="Channel")
    kinds.value.add(name="CHIP", number=0)
    kinds.value.add(name="WEB", number=1)
    file.message_type.append(DescriptorProto(name="Other"))
    payment = file.message_type.add(name="Payment")
    shop = payment.nested_type.add(name="Shop")
    add(shop, "country", F.TYPE_STRING)
    prices = payment.nested_type.add(name="PricesEntry")
    prices.options.map_entry = True
    add(prices, "key", F.TYPE_BOOL)
    add(prices, "value", F.TYPE_MESSAGE, type_name=".bank.Payment.Shop")
    add(payment, "card", F.TYPE_STRING)
    add(payment, "number", F.TYPE_INT64)
    add(payment, "amount", F.TYPE_DOUBLE)
    add(payment, "pin", F.TYPE_BOOL)
    add(payment, "channel", F.TYPE_ENUM, type_name=".bank.Channel")
    add(payment, "shop", F.TYPE_MESSAGE, type_name=".bank.Payment.Shop")
    add(payment, "basket", F.TYPE_MESSAGE, type_name=".bank.Payment.Shop", label=F.LABEL_REPEATED)
    add(payment, "marks", F.TYPE_SINT32, label=F.LABEL_REPEATED)
    add(payment, "by_truth", F.TYPE_MESSAGE, type_name=".bank.Payment.PricesEntry", label=F.LABEL_REPEATED)
    add(payment, "paid_at", F.TYPE_MESSAGE, type_name=".google.protobuf.Timestamp")
    add(payment, "mean", F.TYPE_MESSAGE, type_name=".google.protobuf.DoubleValue")
    add(payment, "before", F.TYPE_MESSAGE, type_name=".bank.Payment")
    payment.oneof_decl.add(name="_told")
    add(payment, "told", F.TYPE_INT32, proto3_optional=True, oneof_index=0)
    return file


def card_file() -> FileDescriptorProto:
    """The card of the simulated payments, in the form of `liftstream.simulation.payments.wire.card_records`."""
    file = FileDescriptorProto(name="card.proto", package="bank", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    card = file.message_type.add(name="Card")
    owner, last = card.nested_type.add(name="Owner"), card.nested_type.add(name="Last")
    add(owner, "country", F.TYPE_STRING)
    add(last, "payments", F.TYPE_INT32)
    add(last, "mean_amount", F.TYPE_MESSAGE, type_name=".google.protobuf.DoubleValue")
    add(last, "countries", F.TYPE_INT32)
    add(card, "card", F.TYPE_STRING)
    add(card, "read_at", F.TYPE_INT64)
    add(card, "owner", F.TYPE_MESSAGE, type_name=".bank.Card.Owner")
    add(card, "kind", F.TYPE_STRING)
    add(card, "issued_on", F.TYPE_STRING)
    add(card, "last_30_days", F.TYPE_MESSAGE, type_name=".bank.Card.Last")
    add(card, "disputes", F.TYPE_INT32)
    return file


def message_class(file: FileDescriptorProto, name: str) -> Any:
    from google.protobuf import timestamp_pb2, wrappers_pb2

    pool = DescriptorPool()
    for known in (timestamp_pb2, wrappers_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(name))


def in_base64(file: FileDescriptorProto) -> str:
    return b64encode(file.SerializeToString()).decode()
