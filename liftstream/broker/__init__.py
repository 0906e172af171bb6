"""Starts a Kafka broker where none is given: the embedded one, or a real Apache Kafka."""
