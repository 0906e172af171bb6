"""A live bandit in memory: its definition, its evidence, its choice, its checks."""
