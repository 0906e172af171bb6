"""Starts a Kafka broker where none is given: the embedded one, or a real Apache Kafka, of one broker or several."""

from liftstream.broker.apache import ApacheKafka
from liftstream.broker.cluster import KafkaCluster
from liftstream.broker.embedded import EmbeddedBroker

__all__ = ["ApacheKafka", "EmbeddedBroker", "KafkaCluster"]
