"""Stream definitions: topics, ids, event times, features, the answer; no Kafka, no clock."""
