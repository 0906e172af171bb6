"""Shared by all processes: Kafka in and out, HTTP guard, ports, logs, watchdog, clock."""
