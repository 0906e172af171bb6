"""A running experiment as the collector holds it: sums, looks, checks, and what its page shows over time."""
