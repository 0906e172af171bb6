"""Kafka in and out for services, by confluent-kafka: read from kept places, send, ask where partitions end."""
