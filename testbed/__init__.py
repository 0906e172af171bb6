"""What tests and benchmarks share: a platform without Kafka, a log of everything that may come, and what must become of
it."""
