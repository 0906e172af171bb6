"""The fault harness: real faults against real workers on a real Kafka, and a verifier that knows every record."""
