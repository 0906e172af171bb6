"""Similar ads: a small service that ranks a block by the current configuration of a bandit."""
