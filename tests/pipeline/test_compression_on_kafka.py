"""Compressed topics: all four codecs, of the producer and of the topic."""

from pathlib import Path

import pytest
from confluent_kafka import Producer

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import configure_topic
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import Answers, Clients, Feeder, Worker, aside, committed, running, until

CODECS = ["gzip", "snappy", "lz4", "zstd"]


@pytest.mark.parametrize("by", ["producer", "topic"])
def test_topics_in_every_codec_are_answered(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path, by: str
) -> None:
    settings = topics(kafka)
    feeder, answers, everyone = Feeder(settings), Answers(settings), {}
    for number, codec in enumerate(CODECS):
        clients = Clients(500, seed=number, first=10_000 * (number + 1))
        everyone |= clients.expected
        if by == "topic":
            for topic in feeder.topics:
                configure_topic(settings.bootstrap, topic, {"compression.type": codec})
        else:
            options = {"compression.type": codec, "partitioner": "murmur2_random", "linger.ms": 5}
            feeder.producer = Producer({"bootstrap.servers": settings.bootstrap, "log_level": 0, **options})
        feeder.send_apart(clients)
    worker = Worker(settings, tmp_path)
    with running(worker):
        until(lambda: answers.are_for(everyone), worker)
        until(lambda: committed(settings) == 2 * len(everyone), worker)
        assert worker.stop() == 0
    assert answers.values == {uuid: {value} for uuid, value in everyone.items()}
    assert aside(tmp_path) == []
