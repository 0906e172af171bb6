"""Live bandits: the arm that the target group is served in each quantum, and learning from the feedback on Kafka."""
