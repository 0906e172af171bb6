"""From a request to a sealed plan, or to a list of problems."""
