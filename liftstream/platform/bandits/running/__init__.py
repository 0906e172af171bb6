"""A live bandit in memory: what it is, what it knows, what it serves, what could be wrong with it."""
