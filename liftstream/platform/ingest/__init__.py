"""From records of Kafka to counts in the database."""
