"""The event-time interval join: pure, no Kafka, no clock."""
