"""How fast and how big: every script prints what it measured; README.md holds the last results."""
