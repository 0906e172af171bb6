"""Starts a Kafka broker where none is given: the embedded one, or a real Apache Kafka."""

from liftstream.broker.apache import ApacheKafka
from liftstream.broker.embedded import EmbeddedBroker

__all__ = ["ApacheKafka", "EmbeddedBroker"]
