"""Live bandits: what the target group is served in each quantum, and what comes back, learned from Kafka."""
