"""Kafka in and out: the worker's by aiokafka here, that of services in `confluent/`."""
