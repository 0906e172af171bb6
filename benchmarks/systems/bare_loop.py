"""A bare loop over confluent-kafka that joins in a dict and guarantees nothing: what one Python process can do at most.

It decodes and scores with our code, so what differs is Kafka's client, the join and the promises. There is no window, no
side output and no commit after delivery; a half that never finds its partner stays in memory.
"""

import signal
from types import FrameType

from confluent_kafka import Consumer, Message, Producer

from liftstream.contracts.settings import load_settings
from pipeline.model import ServedModel as Model
from pipeline.records.decoding import Decoder
from pipeline.records.feature_rows import matrix, unpack
from pipeline.records.halves import Side

settings = load_settings()
kafka, pipeline = settings.kafka, settings.pipeline
model = Model(pipeline)
decoders = Decoder(Side.DEMOGRAPHIC), Decoder(Side.HISTORIC)
consumer = Consumer(
    {
        "bootstrap.servers": kafka.bootstrap,
        "group.id": pipeline.group,
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 20,
        "fetch.message.max.bytes": 4 * 1024 * 1024,
        "queued.min.messages": 50_000,
        "fetch.queue.backoff.ms": 2,
        "check.crcs": False,
    }
)
producer = Producer(
    {
        "bootstrap.servers": kafka.bootstrap,
        "linger.ms": 2,
        "batch.num.messages": 10_000,
        "queue.buffering.max.messages": 1_000_000,
    }
)
waiting: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
going = True


def stop(*_: int | FrameType | None) -> None:
    global going
    going = False


def join(side: Side, values: list[bytes]) -> tuple[list[int], list[bytes], list[bytes]]:
    """uuids and both halves' features of the pairs that these records complete."""
    decoded = decoders[side].decode(values)
    mine, partners = waiting[side], waiting[side.other]
    uuids: list[int] = []
    rows: tuple[list[bytes], list[bytes]] = ([], [])
    flat, width = decoded.rows.small.tobytes(), side.width
    packed = [flat[at : at + width] for at in range(0, len(flat), width)]
    for uuid, row in zip(decoded.uuids, packed, strict=True):
        partner = partners.pop(uuid, None)
        if partner is None:
            mine[uuid] = row
        else:
            uuids.append(uuid)
            rows[side].append(row)
            rows[side.other].append(partner)
    return uuids, *rows


def answer(messages: list[Message]) -> None:
    topics: dict[str, list[bytes]] = {kafka.topic_demographic: [], kafka.topic_historic: []}
    for message in messages:
        if message.error() is None:
            topics[message.topic()].append(message.value())
    for side, values in zip(Side, topics.values(), strict=True):
        uuids, demographic, historic = join(side, values)
        if uuids:
            rows = [
                unpack(packed, one.width) for packed, one in zip((demographic, historic), Side, strict=True)
            ]
            send(uuids, model.decide(matrix(*rows)).tolist())


def send(uuids: list[int], values: list[int]) -> None:
    token = pipeline.token.get_secret_value().encode() if pipeline.token else b""
    for uuid, value in zip(uuids, values, strict=True):
        prediction = b'{"uuid":%d,"value":%d,"token":"%b"}' % (uuid, value, token)
        producer.produce(kafka.topic_prediction, prediction, b"%d" % uuid)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    consumer.subscribe([kafka.topic_demographic, kafka.topic_historic])
    while going:
        answer(consumer.consume(2000, 0.005))
        producer.poll(0)
    producer.flush(5)
    consumer.close()
