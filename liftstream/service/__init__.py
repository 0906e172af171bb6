"""What every process of ours needs: Kafka in and out, HTTP guard, ports, logs, watchdog, clock."""
