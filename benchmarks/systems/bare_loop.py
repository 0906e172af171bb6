"""A bare loop over confluent-kafka that joins in a dict and guarantees nothing: what one Python process can do at most.

It decodes and scores with our code, so what differs is Kafka's client, the join and the promises. There is no window,
no side output and no commit after delivery; a half that never finds its partner stays in memory.
"""

import signal
from types import FrameType

import numpy as np
from confluent_kafka import Consumer, Message, Producer

from liftstream.contracts.settings import load_settings
from liftstream.streams.ids import Id
from liftstream.streams.loading import load_stream
from pipeline.model import served_model
from pipeline.records.feature_rows import FeatureRows, matrix, unpack
from pipeline.records.predictions import PredictionForm
from pipeline.records.stream_decoder import StreamDecoder

settings = load_settings()
kafka, pipeline = settings.kafka, settings.pipeline
decoder = StreamDecoder(load_stream(settings))
stream = decoder.stream
model = served_model(pipeline, decoder)
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
form = PredictionForm(
    pipeline.token.get_secret_value() if pipeline.token else "", stream.answer, stream.decision
)
waiting: tuple[dict[Id, bytes], dict[Id, bytes]] = ({}, {})
going = True


def stop(*_: int | FrameType | None) -> None:
    global going
    going = False


def join(side: int, values: list[bytes]) -> tuple[list[Id], list[bytes], list[bytes]]:
    """ids and both halves' features of the pairs that these records complete."""
    decoded = decoder.sides[side].decode(values)
    mine, partners = waiting[side], waiting[1 - side]
    uuids: list[Id] = []
    rows: tuple[list[bytes], list[bytes]] = ([], [])
    numbers = decoded.rows.numbers() if decoded.rows.exact else decoded.rows.small
    flat, width = numbers.tobytes(), numbers.shape[1] * numbers.itemsize
    packed = [flat[at : at + width] for at in range(0, len(flat), width)]
    for uuid, row in zip(decoded.uuids.tolist(), packed, strict=True):
        partner = partners.pop(uuid, None)
        if partner is None:
            mine[uuid] = row
        else:
            uuids.append(uuid)
            rows[side].append(row)
            rows[1 - side].append(partner)
    return uuids, *rows


def rows_of(packed: list[bytes], width: int) -> FeatureRows:
    """Features of what `join` has packed."""
    if all(len(row) == 8 * width for row in packed):
        return FeatureRows(np.frombuffer(b"".join(packed)).reshape(-1, width))
    return unpack(packed, width)


def answer(messages: list[Message]) -> None:
    topics: dict[str, list[bytes]] = {topic: [] for topic in stream.topics}
    for message in messages:
        if message.error() is None:
            topics[message.topic()].append(message.value())
    for side, values in enumerate(topics.values()):
        uuids, *both = join(side, values)
        if uuids:
            rows = [rows_of(packed, one.width) for packed, one in zip(both, decoder.sides, strict=True)]
            outcome = model.judge(matrix(*rows))
            for key, prediction in form.fill(uuids, outcome.values.tolist(), outcome):
                producer.produce(stream.answer.topic, prediction, key)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    consumer.subscribe(list(stream.topics))
    while going:
        answer(consumer.consume(2000, 0.005))
        producer.poll(0)
    producer.flush(5)
    consumer.close()
