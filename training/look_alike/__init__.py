"""Look-alike: a decision tree in an EM loop, and a bandit that sets the frequency of advertising by it."""
