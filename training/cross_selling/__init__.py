"""The cross-selling model: who will buy the new category."""
