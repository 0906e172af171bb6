"""Kafka in and out for services, with confluent-kafka: read from stored positions, send, ask where partitions end."""
