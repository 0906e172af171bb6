"""Similar ads: a small service whose block is ranked by the configuration that a bandit serves now."""
