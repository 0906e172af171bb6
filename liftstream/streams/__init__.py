"""What a stream is, as a file says it: topics, ids, event times, features, the answer; no Kafka, no clock."""
